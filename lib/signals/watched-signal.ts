/** One signal that a loop watches: how it reaches the loop, and which handler gets it. */

import type { Handle } from '../loop/handle.js';
import { isSimulated } from '../platform/kernel-state.js';
import { isMainThread } from '../platform/threads.js';
import { checkCatchable, signalName } from './signal-names.js';
import { type SignalPipe, reinstall } from './signal-pipe.js';

/** How a signal reaches the loop: through a Node listener (`process.on`), or through the loop's signal pipe. */
type Route = 'node' | 'pipe';

/**
 * Returns the route that works in this mode. Node's listeners run only while libuv does, and only in the main thread: in a worker,
 * `process.on` accepts a listener for a signal but never calls it. In a simulation, signals come from the simulated kernel.
 */
function routeOf(hosted: boolean): Route {
  return hosted && isMainThread && !isSimulated() ? 'node' : 'pipe';
}

/** One signal, watched by one loop. */
export class WatchedSignal {
  /** The handler of the program. */
  handler: Handle | null = null;
  onHandler: (() => void) | null = null;
  /** The library's own reaction, for when the program has no handler. */
  onUnhandled: (() => void) | null = null;
  /** While there is one, the interceptors get the signal, and no handler does. */
  readonly interceptors = new Set<() => void>();
  private source: Disposable | null = null;
  private route: Route | null = null;

  constructor(
    private readonly signal: number,
    private readonly pipe: SignalPipe,
  ) {}

  /**
   * Watches the signal on the route that works in this mode.
   *
   * @param hosted true while the loop runs beside libuv
   */
  follow(hosted: boolean): void {
    const route = routeOf(hosted);
    if (route === this.route) return;
    const former = this.source;
    // No signal may get the default action during the switch. libuv's handler replaces ours, so it can be installed before ours is
    // removed. In the other direction the listener must go first, because removing it also uninstalls our handler.
    if (route === 'pipe') former?.[Symbol.dispose]();
    this.source =
      route === 'node' ? listenOnProcess(this.signal, this.arrived) : this.pipe.watch(this.signal, this.arrived);
    if (route === 'node') former?.[Symbol.dispose]();
    this.route = route;
  }

  /** Stops watching. */
  detach(): void {
    this.source?.[Symbol.dispose]();
    this.source = null;
    this.route = null;
  }

  private readonly arrived = (): void => {
    if (this.interceptors.size === 0) (this.onHandler ?? this.onUnhandled)?.();
    else for (const onSignal of [...this.interceptors]) onSignal();
  };
}

function listenOnProcess(signal: number, onSignal: () => void): Disposable {
  checkCatchable(signal);
  const name = signalName(signal);
  process.on(name, onSignal);
  reinstall(name); // for a loop in a worker that watches the same signal
  return {
    [Symbol.dispose]: () => {
      process.off(name, onSignal);
      reinstall(name);
    },
  };
}
