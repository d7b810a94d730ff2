/**
 * The hosted way to run: Node's libuv is one more descriptor in our selector.
 *
 * libuv waits in an epoll of its own, and that epoll is a descriptor, readable when libuv has events. So our selector watches
 * it like any socket: file system, DNS, node:net, workers, Node's signals all wake our loop. The native host (an idle handle,
 * which keeps libuv from blocking, and a check handle, which calls us) hands control over:
 *
 *     libuv: timers -> pending -> idle -> poll (does not block) -> check ----> our iterations, the only place that waits
 *        ^                                                                               |
 *        +------------ libuv has something to do: back to it ----------------------------+
 *
 * `uv_run` is never nested, it is not re-entrant. Each of our iterations is one callback at depth 0 for Node, so process.nextTick
 * and promises run after it, which is what lets native async functions be tasks.
 *
 * While the loop has nothing to wait for, the handles are unreferenced: a process with nothing left to do exits as any Node
 * process does, also when main waits for something that can never come.
 */

import { OSError, checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import type { LoopCore } from './loop-core.js';
import { enterLoop, leaveLoop } from './running-loop.js';

/**
 * Runs the loop beside libuv until it is stopped.
 *
 * @returns resolves when `loop.stop()` took effect; rejects with a fatal error that left the loop.
 */
export function runHosted(loop: LoopCore): Promise<void> {
  loop.checkOpen();
  enterLoop(loop);
  const host = new native.Host();
  const libuvFd = host.backendFd();
  let libuvReady = false;
  let referenced = true;

  const setReferenced = (value: boolean): void => {
    if (value !== referenced) host.setRef(value);
    referenced = value;
    // Work may be scheduled after the iteration, by the continuation of an async function: then we must hold the process again.
    loop._onWork = value ? null : () => setReferenced(true);
  };

  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      setReferenced(true);
      host.stop();
      loop._onWork = null;
      loop._libuv.timeoutMs = -1;
      loop._libuv.requests = 0;
      loop._descriptors.removeInternal(libuvFd);
      try {
        loop._setMode(null);
        settle();
      } catch (error) {
        reject(error); // a fatal one
      } finally {
        leaveLoop(loop);
      }
    };

    const iterate = (libuvTimeoutMs: number, libuvRequests: number): boolean => {
      libuvReady = false;
      loop._libuv.timeoutMs = libuvTimeoutMs;
      loop._libuv.requests = libuvRequests;
      try {
        loop._iterate(libuvTimeoutMs < 0 ? null : libuvTimeoutMs);
      } catch (error) {
        finish(() => reject(error));
        return true;
      }
      if (loop._isStopping()) finish(resolve);
      else setReferenced(loop._hasWork());
      if (libuvReady || libuvTimeoutMs === 0) loop._givesThreadAway();
      return libuvReady;
    };

    try {
      loop._setMode('hosted');
      if (libuvFd < 0) throw new OSError(libuvFd, 'uv_backend_fd');
      const onLibuvReady = (): void => {
        libuvReady = true;
      };
      loop._descriptors.addInternal(libuvFd, onLibuvReady, 'libuv');
      checked(host.start(iterate), 'uv_check_start');
    } catch (error) {
      finish(() => reject(error));
    }
  });
}
