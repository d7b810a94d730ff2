/**
 * Happy eyeballs (RFC 8305): starts several attempts, each some time after the previous one, until one succeeds.
 *
 * Without it, an unreachable IPv6 address of a host would cost a connection timeout of minutes before IPv4 is tried.
 */

import { wait } from '../combinators/index.js';
import { type Steps, type Task, createTask } from '../tasks/index.js';

/** The result of a race. */
export interface RaceResult<T> {
  /** The result and the index of the first attempt that succeeded; null if none did. */
  readonly winner: { readonly value: T; readonly index: number } | null;
  /** The error of each started attempt; null for an attempt that won, was cancelled, or succeeded too late. */
  readonly errors: readonly unknown[];
}

/**
 * Starts the attempts one by one, `delayMs` milliseconds apart, or as soon as one fails. The first attempt to succeed wins; all other
 * attempts are cancelled and awaited. Cancelling the race cancels every attempt.
 *
 * @param discard releases the result of an attempt that succeeded too late
 */
export function* staggeredRace<T>(
  attempts: ReadonlyArray<() => Steps<T>>,
  delayMs: number,
  discard: (value: T) => void,
): Steps<RaceResult<T>> {
  const race = new Race(attempts, discard);
  let complete = false;
  try {
    yield* race.run(delayMs);
    yield* race.end();
    complete = true;
    return { winner: race.winner, errors: race.errors };
  } catch (error) {
    yield* race.end();
    throw error;
  } finally {
    if (!complete) race.abandon();
  }
}

class Race<T> {
  winner: RaceResult<T>['winner'] = null;
  readonly errors: unknown[] = [];
  private readonly running = new Map<Task<T>, number>();

  constructor(
    private readonly attempts: ReadonlyArray<() => Steps<T>>,
    private readonly discard: (value: T) => void,
  ) {}

  *run(delayMs: number): Steps<void> {
    const { attempts, errors, running } = this;
    while (this.winner === null) {
      if (errors.length < attempts.length) this.startNext();
      if (running.size === 0) return;
      const timeoutMs = errors.length < attempts.length ? delayMs : null;
      yield* wait(running.keys(), { timeoutMs, returnWhen: 'FIRST_COMPLETED' });
      this.collect();
    }
  }

  /** Cancels the attempts that still run, and waits until they have ended. */
  *end(): Steps<void> {
    this.cancelAll();
    if (this.running.size > 0) yield* wait(this.running.keys());
    this.collect();
  }

  /** Cancels the attempts without waiting for them, because the race was cancelled or its coroutine closed. */
  abandon(): void {
    this.cancelAll();
    this.collect();
    if (this.winner !== null) this.discard(this.winner.value);
  }

  private cancelAll(): void {
    for (const task of this.running.keys()) task.cancel();
  }

  private startNext(): void {
    const index = this.errors.length;
    this.errors.push(null);
    this.running.set(createTask(this.attempts[index]!), index);
  }

  /** Collects the outcomes of the attempts that have ended. */
  private collect(): void {
    for (const [task, index] of this.running) {
      if (!task.done()) continue;
      this.running.delete(task);
      if (task.cancelled()) continue;
      const error = task.exception();
      if (error !== null) this.errors[index] = error;
      else if (this.winner === null) this.winner = { value: task.result(), index };
      else this.discard(task.result());
    }
  }
}
