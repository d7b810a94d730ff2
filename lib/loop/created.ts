/** Notifies a listener of each loop that is created, so that a tool can observe the loops of a program that it does not change. */

import type { Instrument, ObservedLoop } from './instrument.js';

/** What the listener may use of a new loop. */
export interface NewLoop extends ObservedLoop {
  addInstrument(instrument: Instrument): Disposable;
  /** @internal Polls in every iteration until the result is disposed of. */
  _pollInEveryIteration(): Disposable;
  /** @internal Called when the loop begins to run, with true if it is hosted. */
  readonly _startHooks: Array<(hosted: boolean) => void>;
  /** @internal Called once, when the loop closes. */
  readonly _closeHooks: Array<() => void>;
}

type Listener = (loop: NewLoop) => void;

const listeners: Listener[] = [];

/** Calls `listener` for every loop of this thread that is created from now on. */
export function onLoopCreated(listener: Listener): void {
  listeners.push(listener);
}

/** A loop was created. */
export function loopCreated(loop: NewLoop): void {
  for (const listener of listeners) listener(loop);
}
