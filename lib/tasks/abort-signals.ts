/**
 * AbortSignals: one listener for all the operations that use a signal.
 *
 * A server may pass the same signal to thousands of operations. A listener for each would make Node warn of a leak, and removing one of
 * many listeners takes time. So a signal gets one listener with the first operation, which is removed with the last.
 */

import { checkOptions, isCancelled, wrongType, optionNames } from '../errors/index.js';
import { type Linked, LinkedList } from '../collections/linked-list.js';
import { callAll } from '../loop/call-all.js';

/**
 * Options of every operation that can wait.
 *
 * @example
 * import { Queue, run } from 'selectloop';
 *
 * await run(async () => {
 *   const controller = new AbortController();
 *   setTimeout(() => controller.abort(), 10);
 *   const queue = new Queue<string>();
 *   try {
 *     await queue.get({ signal: controller.signal });
 *   } catch (error) {
 *     console.log(error instanceof DOMException && error.name); // AbortError
 *   }
 * });
 */
export interface Abortable {
  /**
   * Aborting it cancels the operation, which then throws the reason of the signal: an AbortError by default. The operation cleans up as
   * it does when its task is cancelled, and the task itself is not cancelled. If the signal is already aborted, the operation throws
   * without starting.
   */
  signal?: AbortSignal | undefined;
}

/** Something that a signal cancels. */
export interface AbortTarget extends Linked {
  /** @internal The signal was aborted. Called at most once. */
  _aborted(): void;
}

/** The targets of one signal. */
class SignalTargets {
  private readonly targets = new LinkedList<AbortTarget>();

  constructor(private readonly signal: AbortSignal) {}

  add(target: AbortTarget): void {
    if (this.targets.size === 0) this.signal.addEventListener('abort', this.onAbort);
    this.targets.add(target);
  }

  delete(target: AbortTarget): void {
    const before = this.targets.size;
    this.targets.delete(target);
    if (before > 0 && this.targets.size === 0) this.signal.removeEventListener('abort', this.onAbort);
  }

  private readonly onAbort = (): void => {
    const targets = [...this.targets];
    // A signal is aborted once.
    this.targets.clear();
    this.signal.removeEventListener('abort', this.onAbort);
    callAll(targets.map((target) => () => target._aborted()));
  };
}

const targetsOfSignals = new WeakMap<AbortSignal, SignalTargets>();

/** Calls `target._aborted` when the signal is aborted. The signal must not be aborted already. */
export function followSignal(signal: AbortSignal, target: AbortTarget): void {
  let targets = targetsOfSignals.get(signal);
  if (targets === undefined) targetsOfSignals.set(signal, (targets = new SignalTargets(signal)));
  targets.add(target);
}

/** Undoes `followSignal`. Does nothing if the target does not follow the signal. */
export function unfollowSignal(signal: AbortSignal, target: AbortTarget): void {
  targetsOfSignals.get(signal)?.delete(target);
}

/** Throws a TypeError unless `signal` is an AbortSignal, which may be one of another realm or of a polyfill. */
export function checkSignal(name: string, signal: unknown): asserts signal is AbortSignal {
  const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return;
  throw wrongType(name, 'an AbortSignal', signal);
}

/** The options of an operation that has only a signal. */
export const ONLY_SIGNAL = optionNames<Abortable>({ signal: true });

/** Returns the signal among the options of an operation. @throws TypeError for an invalid one */
export function signalOf(method: string, options: Abortable): AbortSignal | undefined {
  const { signal } = checkOptions(`${method}: options`, options);
  if (signal !== undefined) checkSignal(`${method}: signal`, signal);
  return signal;
}

/**
 * Returns the error that an aborted operation throws: the reason of the signal.
 *
 * The reason of a task's own `signal` is a CancelledError. An operation that threw it would end its task as if that were cancelled, so it
 * becomes the `cause` of an AbortError.
 */
export function abortErrorOf(signal: AbortSignal): unknown {
  const reason: unknown = signal.reason;
  if (!isCancelled(reason)) return reason;
  const error = new DOMException('This operation was aborted', 'AbortError');
  return Object.defineProperty(error, 'cause', { value: reason, configurable: true, writable: true });
}
