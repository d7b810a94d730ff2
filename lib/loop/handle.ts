/** Handles: callbacks that stand in the loop's queues. */

import type { Callback } from './callback.js';
import { type Context, type ContextCarrier, captureContext, enterCarrier, leaveCarrier } from './context.js';
import type { Runnable, Timer } from './runnable.js';

/** Shared: an empty array for each timer that waits is a quarter of what the collector has to copy. */
const NO_ARGUMENTS: readonly unknown[] = [];

/** A callback scheduled by `callSoon`, `addReader` or `addWriter`; it can be taken back with `cancel()`. */
export class Handle implements Runnable, ContextCarrier {
  /** @internal The context that the callback runs in. */
  _context: Context | null;
  /** @internal Where it was scheduled; only in debug mode. */
  readonly _source: string | null;
  private callback: Callback | null;
  private args: readonly unknown[] | null;

  /** @internal Made by the loop. @param context default: a copy of that of the code that makes the handle */
  constructor(
    callback: Callback,
    args: readonly unknown[],
    source: string | null = null,
    context: Context | null = captureContext(),
  ) {
    this._context = context;
    this.callback = callback;
    this.args = args.length === 0 ? NO_ARGUMENTS : args;
    this._source = source;
  }

  /** @internal A callback belongs to no task. */
  get _carriedTask(): null {
    return null;
  }

  /** Takes the callback back: it will not run, and is dropped with its arguments. Cancelling twice is harmless. */
  cancel(): void {
    this.callback = null;
    this.args = null;
    this._context = null;
  }

  /** True once `cancel()` was called. */
  cancelled(): boolean {
    return this.callback === null;
  }

  /** @internal */
  _run(): void {
    const { callback, args } = this;
    if (callback === null || args === null) return;
    const previous = enterCarrier(this);
    callback(...args);
    leaveCarrier(previous); // if it throws, the loop does this
  }

  /** @internal What it calls; null once it was cancelled. */
  get _callback(): Callback | null {
    return this.callback;
  }

  /** @internal The name of its function, as a call. */
  get _name(): string {
    return this.callback === null ? 'cancelled' : `${this.callback.name || 'anonymous'}()`;
  }

  toString(): string {
    return `<${this.constructor.name} ${this._name}${this.describeTime()}>`;
  }

  protected describeTime(): string {
    return '';
  }
}

/** A callback with a time, scheduled by `callLater` or `callAt` (asyncio's TimerHandle). */
export class TimedHandle extends Handle implements Timer {
  /** @internal */
  readonly _when: number;
  /** @internal */
  readonly _sequence: number;
  /** @internal */
  _scheduled = false;
  private readonly onCancel: (timer: Timer) => void;

  /** @internal Made by the loop. */
  constructor(
    when: number,
    sequence: number,
    onCancel: (timer: Timer) => void,
    callback: Callback,
    args: readonly unknown[],
    source: string | null = null,
  ) {
    super(callback, args, source);
    this._when = when;
    this._sequence = sequence;
    this.onCancel = onCancel;
  }

  /** When it is due, in milliseconds of the loop's clock. */
  when(): number {
    return this._when;
  }

  override cancel(): void {
    if (this.cancelled()) return;
    super.cancel();
    this.onCancel(this);
  }

  protected override describeTime(): string {
    return ` when=${this._when.toFixed(3)}`;
  }
}
