/** What a loop tells of itself: errors that no caller can receive, debug mode, instruments. */

import { SlowCallbackWatch, creationStack } from './debug.js';
import {
  type ExceptionContext,
  type ExceptionHandler,
  checkExceptionHandler,
  dispatchException,
  reportToStderr,
} from './exception-handler.js';
import { type Instrument, InstrumentList, type ObservedLoop } from './instrument.js';
import type { LoopStatistics } from './statistics.js';

/** The base of {@link LoopCore}: everything that looks on and reports. */
export abstract class Observed implements ObservedLoop {
  /** How long a callback may take before debug mode reports it, in milliseconds. */
  slowCallbackMs = 100;
  /** @internal All instruments as one; null while nobody watches. */
  _instrument: Instrument | null = null;

  private readonly instruments = new InstrumentList(this);
  private exceptionHandler: ExceptionHandler<this> | null = null;
  /** Debug mode's own instrument; null while debug mode is off. */
  private slowWatch: Disposable | null = null;

  abstract time(): number;
  abstract statistics(): LoopStatistics;
  /** @internal */
  abstract _isHosted(): boolean;
  /** @internal */
  abstract _isStopping(): boolean;
  /** An instrument was added or removed. */
  protected abstract instrumentsChanged(combined: Instrument): void;

  /** Receives errors that no caller can; null puts the default back. TypeError for anything that cannot be called. */
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

  /** Writes the context to stderr. Custom handlers may call it for what they do not handle themselves. */
  defaultExceptionHandler(context: ExceptionContext): void {
    reportToStderr(context);
  }

  /** Turns debug mode on or off: stricter checks, creation stacks, reports of slow callbacks. */
  setDebug(debug: boolean): void {
    if (debug === this.getDebug()) return;
    this.slowWatch?.[Symbol.dispose]();
    this.slowWatch = debug ? this.addInstrument(new SlowCallbackWatch(this)) : null;
  }

  /** Whether debug mode is on. */
  getDebug(): boolean {
    return this.slowWatch !== null;
  }

  /** @internal Where the program made what is being made; null unless in debug mode, because a stack is dear. */
  _sourceOfCaller(): string | null {
    return this.slowWatch === null ? null : creationStack();
  }

  /** Adds an observer; dispose of the result to remove it. */
  addInstrument(instrument: Instrument): Disposable {
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
    this.instrumentsChanged(this._instrument ?? {});
  }
}
