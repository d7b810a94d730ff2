/** Handles: scheduled callbacks. */

import { nameOfFunction } from '../errors/index.js';
import type { Callback } from './callback.js';
import { type Context, type ContextCarrier, captureContext } from './context.js';
import { enterCarrier, leaveCarrier } from './current-carrier.js';
import type { Runnable, Timer } from './runnable.js';

/** Shared, because an empty array per pending timer would be a quarter of what the garbage collector copies. */
const NO_ARGUMENTS: readonly unknown[] = [];

/** A callback scheduled by `callSoon`, `addReader` or `addWriter`. `cancel()` drops it. */
export class Handle implements Runnable, ContextCarrier {
  /** @internal The context that the callback runs in. */
  _context: Context | null;
  /** @internal Where it was scheduled; only in debug mode. */
  readonly _source: string | null;
  private callback: Callback | null;
  private args: readonly unknown[] | null;

  /** @internal Created by the loop. @param context default: a copy of the context of the code that creates the handle */
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

  /** Drops the callback and its arguments: it will not run. Idempotent. */
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
    leaveCarrier(previous); // if the callback throws, the loop restores the context
  }

  /** @internal The callback; null once it was cancelled. */
  get _callback(): Callback | null {
    return this.callback;
  }

  /** @internal The arguments of the callback; null once it was cancelled. */
  get _arguments(): readonly unknown[] | null {
    return this.args;
  }

  /** @internal The name of its function, as a call. */
  get _name(): string {
    return this.callback === null ? 'cancelled' : `${nameOfFunction(this.callback) || 'anonymous'}()`;
  }

  toString(): string {
    return `<${this.constructor.name} ${this._name}${this.describeTime()}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  protected describeTime(): string {
    return '';
  }
}

/** A callback with a deadline, scheduled by `callLater` or `callAt` (asyncio's TimerHandle). */
export class TimedHandle extends Handle implements Timer {
  /** @internal The deadline. */
  readonly _when: number;
  /** @internal The number of its creation, which orders timers with the same deadline. */
  readonly _sequence: number;
  /** @internal True while it is in the timer heap. */
  _scheduled = false;
  private readonly onCancel: (timer: Timer) => void;

  /** @internal Created by the loop. */
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

  /** Returns its deadline, in milliseconds of the loop's clock. */
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
