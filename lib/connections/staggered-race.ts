/**
 * Happy eyeballs (RFC 8305): several attempts, each started a while after the one before, until one succeeds.
 *
 * A host with an IPv6 address that leads nowhere would otherwise cost a connection timeout of minutes before IPv4 is tried.
 */

import { wait } from '../combinators/index.js';
import { type Steps, type Task, createTask } from '../tasks/index.js';

/** How a race ended. */
export interface RaceResult<T> {
  /** What the first attempt that succeeded returned, and which it was; null if none did. */
  readonly winner: { readonly value: T; readonly index: number } | null;
  /** For each attempt that was started: its error; null if it won, was cancelled or came second. */
  readonly errors: readonly unknown[];
}

/**
 * Starts the attempts one by one, `delayMs` apart; one that fails has the next started at once. The first that succeeds wins; the
 * others are cancelled, and awaited. Cancelling the race cancels them all.
 *
 * @param discard gives back what an attempt returned that succeeded too late
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

  /** Cancels whatever still runs, and waits until it has ended. */
  *end(): Steps<void> {
    this.cancelAll();
    if (this.running.size > 0) yield* wait(this.running.keys());
    this.collect();
  }

  /** Nobody wants the result any more: cancelled, or closed from outside, after which a coroutine must not wait. */
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

  /** Takes the outcome of every attempt that has ended. */
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
