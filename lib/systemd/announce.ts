/** The messages that a server sends to its service manager by itself. A manager that is gone does not end the server. */

import type { TimedHandle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import { listenFdsIgnored } from './listen-fds.js';
import { notifyIfPossible, sdNotify, serviceManager } from './notify.js';

const IGNORED =
  'the sockets that the parent has passed are not used, and their clients wait indefinitely: start the server with listenFds: true';

/** Reports that the program serves, and sends WATCHDOG=1 in half the time that the manager allows, until disposed. */
export function announceReady(loop: LoopCore): Disposable {
  if (listenFdsIgnored()) loop.callExceptionHandler({ message: IGNORED });
  send(loop, 'READY=1');
  let timer: TimedHandle | null = null;
  const watchdogMs = attempt(loop, () => serviceManager()?.watchdogMs ?? null);
  const beat = (): void => {
    timer = loop.callLater(watchdogMs! / 2, beat);
    attempt(loop, () => notifyIfPossible('WATCHDOG=1'));
  };
  if (watchdogMs !== null) beat();
  return { [Symbol.dispose]: () => timer?.cancel() };
}

/** Reports that the program has begun to stop. A manager that is gone may be the reason: `serveWorkers` was killed. */
export function announceStopping(loop: LoopCore): void {
  attempt(loop, () => notifyIfPossible('STOPPING=1'));
}

/** Reports that the program reloads; READY=1 ends that. The time is what `Type=notify-reload` requires. */
export function announceReloading(loop: LoopCore): void {
  send(loop, `RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
}

function send(loop: LoopCore, state: string): void {
  attempt(loop, () => sdNotify(state));
}

function attempt<T>(loop: LoopCore, action: () => T): T | null {
  try {
    return action();
  } catch (exception) {
    loop.callExceptionHandler({ message: 'the service manager could not be notified', exception });
    return null;
  }
}
