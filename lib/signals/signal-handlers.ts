/**
 * Signals as callbacks of the loop.
 *
 * A hosted loop in the main thread uses Node's own listeners, side by side with the program's. Under a blocking loop and in a worker,
 * Node's listeners never run; there the addon writes the number of each signal to a pipe that the loop polls.
 */

import { type Callback, checkCallback } from '../loop/callback.js';
import { Handle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import { onePerLoop } from '../loop/per-loop.js';
import { type Signal, signalNumber } from './signal-names.js';
import { SignalPipe } from './signal-pipe.js';
import { WatchedSignal } from './watched-signal.js';

/** The signal handlers of one loop. */
class SignalHandlers {
  private readonly watched = new Map<number, WatchedSignal>();
  private readonly pipe: SignalPipe;

  constructor(private readonly loop: LoopCore) {
    this.pipe = new SignalPipe(loop);
    loop._startHooks.push((hosted) => {
      for (const signal of this.watched.values()) signal.follow(hosted);
    });
    loop._closeHooks.push(() => {
      for (const [number, watched] of [...this.watched]) {
        watched.interceptors.clear();
        this.remove(number);
        this.dropIfUnused(number, watched);
      }
    });
  }

  /** Calls `callback(...args)` on the loop whenever the signal arrives, replacing any handler that it had. */
  add(signal: Signal, callback: Callback, args: readonly unknown[]): void {
    this.loop.checkOpen();
    checkCallback(callback, 'addSignalHandler', true);
    const number = signalNumber(signal);
    const watched = this.watchedSignal(number, this.loop._isHosted());
    watched.handler?.cancel();
    if (watched.handler === null) this.loop._ref(); // also keeps alive a process with nothing else to do
    const handle = new Handle(callback, args, this.loop._sourceOfCaller());
    watched.handler = handle;
    watched.onHandler = () => this.loop._enqueue(handle);
  }

  /** Restores the default. Returns false if there was no handler. */
  remove(signal: Signal): boolean {
    const number = signalNumber(signal);
    const watched = this.watched.get(number);
    if (watched === undefined || watched.handler === null) return false;
    this.loop._unref();
    watched.handler.cancel();
    watched.handler = null;
    watched.onHandler = null;
    this.dropIfUnused(number, watched);
    return true;
  }

  /**
   * @internal Watches a signal for the library itself: this does not keep the loop running, and a handler of the program takes
   * precedence.
   */
  watch(signal: Signal, onSignal: () => void, hosted: boolean): Disposable {
    const number = signalNumber(signal);
    const watched = this.watchedSignal(number, hosted);
    watched.onUnhandled = onSignal;
    return {
      [Symbol.dispose]: () => {
        if (watched.onUnhandled !== onSignal) return;
        watched.onUnhandled = null;
        this.dropIfUnused(number, watched);
      },
    };
  }

  /**
   * @internal Takes a signal away from the handlers of the program and of the library, until disposed: servers that stop in order share
   * it among themselves, and restore what was there before. Keeps the loop running, like a handler.
   */
  intercept(signal: Signal, onSignal: () => void): Disposable {
    this.loop.checkOpen();
    const number = signalNumber(signal);
    const watched = this.watchedSignal(number, this.loop._isHosted());
    const interceptor = (): void => onSignal(); // the same function may be given twice
    watched.interceptors.add(interceptor);
    this.loop._ref();
    return {
      [Symbol.dispose]: () => {
        if (!watched.interceptors.delete(interceptor)) return;
        this.loop._unref();
        this.dropIfUnused(number, watched);
      },
    };
  }

  private watchedSignal(number: number, hosted: boolean): WatchedSignal {
    let watched = this.watched.get(number);
    if (watched === undefined) {
      watched = new WatchedSignal(number, this.pipe);
      watched.follow(hosted);
      this.watched.set(number, watched);
    }
    return watched;
  }

  private dropIfUnused(number: number, watched: WatchedSignal): void {
    if (watched.onHandler !== null || watched.onUnhandled !== null || watched.interceptors.size > 0) return;
    this.watched.delete(number);
    watched.detach();
  }
}

/** Returns the signal handlers of a loop. */
export const signalHandlersOf = onePerLoop((loop) => new SignalHandlers(loop));
