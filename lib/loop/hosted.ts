/**
 * The hosted way to run: Node's libuv is one more descriptor in our selector.
 *
 * libuv polls its own epoll instance. That is a descriptor, which is readable when libuv has events. Our selector watches it like any
 * socket, so the file system, DNS, node:net, workers and Node's signals all wake our loop. The native host (a libuv idle handle, which keeps libuv
 * from blocking, and a libuv check handle, which calls us) passes control on:
 *
 *     libuv: timers -> pending -> idle -> poll (does not block) -> check ----> our iterations, the only place that waits
 *        ^                                                                               |
 *        +------------ libuv has something to do: back to it ----------------------------+
 *
 * `uv_run` is never nested, because it is not re-entrant. Each of our iterations is one callback at depth 0 for Node, so process.nextTick
 * and promises run after it, which allows native async functions to be tasks.
 *
 * While our loop has nothing to wait for, the two libuv handles are unreferenced. A process with nothing left to do then exits as any Node process
 * does, even if main waits for something that can never come; it then says so.
 */

import { LoopError, OSError, checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import type { Host } from './host.js';
import type { LoopCore } from './loop-core.js';
import { enterLoop, leaveLoop } from './running-loop.js';
import { ExitReport } from './stuck.js';

/** libuv as the host of one run. */
class LibuvHost implements Host {
  timeoutMs: number | null = null;
  private readonly handles = new native.Host();
  private readonly fd = this.handles.backendFd();
  private libuvReady = false;
  private referenced = true;
  private readonly exitReport: ExitReport;

  constructor(
    private readonly loop: LoopCore,
    private readonly resolve: () => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.exitReport = new ExitReport(loop);
  }

  start(): void {
    const { fd, loop } = this;
    try {
      loop._runBegins(this);
      if (fd < 0) throw new OSError(fd, 'uv_backend_fd');
      loop._descriptors.addInternal(fd, this.onLibuvReady, 'libuv');
      checked(this.handles.start(this.iterate), 'uv_check_start');
    } catch (error) {
      this.finish(() => this.reject(error));
    }
  }

  /** The loop has new work, perhaps from a continuation that ran between two iterations: keep the process alive. */
  workAdded(): void {
    this.setReferenced(true);
  }

  activeRequests(): number {
    return this.handles.activeRequests();
  }

  private readonly onLibuvReady = (): void => {
    this.libuvReady = true;
  };

  /** Runs one iteration of the loop. Returns true if libuv's descriptor was ready, so that control must return to libuv. */
  private readonly iterate = (libuvTimeoutMs: number | null): boolean => {
    const { loop } = this;
    this.libuvReady = false;
    this.exitReport.revived();
    this.timeoutMs = libuvTimeoutMs;
    if (loop._instrument !== null) loop._instrument.outsideEnd?.();
    try {
      loop._runOnce(libuvTimeoutMs);
    } catch (error) {
      this.finish(() => this.reject(error));
      return true;
    }
    if (loop._isStopping()) this.finish(this.resolve);
    else this.setReferenced(loop._hasWork());
    if (this.libuvReady || libuvTimeoutMs === 0) loop._pauseRunTime();
    if (loop._instrument !== null) loop._instrument.outsideStart?.();
    return this.libuvReady;
  };

  private setReferenced(value: boolean): void {
    if (value !== this.referenced) this.handles.setRef(value);
    this.referenced = value;
  }

  private finish(settle: () => void): void {
    const { loop } = this;
    this.setReferenced(true);
    this.handles.stop();
    this.exitReport.cancel();
    loop._descriptors.removeInternal(this.fd);
    try {
      loop._runEnds();
      settle();
    } catch (error) {
      this.reject(error); // a fatal one
    } finally {
      leaveLoop(loop);
    }
  }
}

/**
 * Throws a LoopError ERR_UNSUPPORTED_NODE in Bun and Deno: they load addons of Node, but have no libuv, and calling it would end the process.
 */
export function checkHasLibuv(): void {
  const { bun, deno } = process.versions;
  if (bun === undefined && deno === undefined) return;
  const runtime = bun === undefined ? `Deno ${deno}` : `Bun ${bun}`;
  throw new LoopError(
    'ERR_UNSUPPORTED_NODE',
    `run: expected Node, whose event loop the loop can run beside, got ${runtime}; runSync works without it`,
  );
}

/**
 * Runs the loop beside libuv until it is stopped. LoopError ERR_UNSUPPORTED_NODE in a runtime without libuv.
 *
 * @returns resolves when `loop.stop()` has taken effect; rejects with an error that escaped the loop.
 */
export function runHosted(loop: LoopCore): Promise<void> {
  checkHasLibuv();
  loop.checkOpen();
  enterLoop(loop);
  return new Promise((resolve, reject) => {
    new LibuvHost(loop, resolve, reject).start();
  });
}
