/** The reports of a loop: errors that no caller can receive, debug mode, instruments. */

import { checkOptions } from '../errors/index.js';
import { publishSlowCallback, slowCallbacks } from './diagnostics.js';
import { SlowCallbackWatch, reportSlowCallbacks } from './slow-callbacks.js';
import {
  type ExceptionContext,
  type ExceptionHandler,
  checkExceptionHandler,
  dispatchException,
  reportToStderr,
} from './exception-handler.js';
import { type Instrument, InstrumentList, type LoopState, type ObservedLoop } from './instrument.js';
import { creationStack } from './program-stack.js';
import type { LoopStatistics } from './statistics.js';

/** The base of {@link LoopCore}: everything that observes the loop and reports. */
export abstract class Observed implements ObservedLoop {
  /** How long a callback may take before debug mode reports it, in milliseconds. */
  slowCallbackMs = 100;
  /** @internal All instruments combined; null if there are none. */
  _instrument: Instrument | null = null;

  private readonly instruments = new InstrumentList(this);
  private exceptionHandler: ExceptionHandler<this> | null = null;
  /** Debug mode's own instrument; null while debug mode is off. */
  private slowWatch: Disposable | null = null;
  /** The instrument that publishes slow callbacks; null while their channel has no subscribers. */
  private slowPublisher: Disposable | null = null;

  abstract time(): number;
  abstract statistics(): LoopStatistics;
  /** @internal Returns true during a hosted run. */
  abstract _isHosted(): boolean;
  /** @internal Returns true if the run ends with the current iteration. */
  abstract _isStopping(): boolean;
  /** @internal Returns what the loop holds. */
  abstract _state(): LoopState;

  /** Sets the handler for errors that no caller can receive; null restores the default. TypeError if it cannot be called. */
  setExceptionHandler(handler: ExceptionHandler<this> | null): void {
    checkExceptionHandler(handler);
    this.exceptionHandler = handler;
  }

  /** The handler set by `setExceptionHandler`; null when the default is in use. */
  getExceptionHandler(): ExceptionHandler<this> | null {
    return this.exceptionHandler;
  }

  /** Passes an error to the exception handler. Never throws, whatever the handler does, except for fatal errors. */
  callExceptionHandler(context: ExceptionContext): void {
    dispatchException(this, context, this.exceptionHandler, (facts) => this.defaultExceptionHandler(facts));
  }

  /** Writes the context to stderr. A custom handler may call this for errors that it does not handle itself. */
  defaultExceptionHandler(context: ExceptionContext): void {
    reportToStderr(checkOptions('defaultExceptionHandler: context', context));
  }

  /** Turns debug mode on or off: stricter checks, creation stacks, reports of slow callbacks. */
  setDebug(debug: boolean): void {
    if (debug === this.getDebug()) return;
    this.slowWatch?.[Symbol.dispose]();
    this.slowWatch = debug ? this.addInstrument(new SlowCallbackWatch(this, reportSlowCallbacks(this))) : null;
  }

  /** Whether debug mode is on. */
  getDebug(): boolean {
    return this.slowWatch !== null;
  }

  /** Measures callbacks while `selectloop:callback:slow` has subscribers. Called beside each poll, where the check costs nothing. */
  protected followSubscribers(): void {
    if (slowCallbacks.hasSubscribers === (this.slowPublisher !== null)) return;
    this.slowPublisher?.[Symbol.dispose]();
    const watch = slowCallbacks.hasSubscribers ? new SlowCallbackWatch(this, publishSlowCallback) : null;
    this.slowPublisher = watch && this.addInstrument(watch);
  }

  /** @internal Returns the stack of the program that creates something now; null unless in debug mode, because a stack is expensive. */
  _sourceOfCaller(): string | null {
    return this.slowWatch === null ? null : creationStack();
  }

  /** Adds an observer; dispose of the result to remove it. */
  addInstrument(instrument: Instrument): Disposable {
    checkOptions('addInstrument: instrument', instrument);
    const entry = this.instruments.add(instrument);
    this.useInstruments();
    return {
      [Symbol.dispose]: () => {
        this.instruments.remove(entry);
        this.useInstruments();
      },
    };
  }
  private useInstruments(): void {
    this._instrument = this.instruments.combined();
  }
}
