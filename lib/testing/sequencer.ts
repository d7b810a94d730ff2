/** Runs the steps of several tasks in a given order. */

import { PairingHeap } from '../collections/pairing-heap.js';
import { InvalidStateError, outOfRange, wrongType } from '../errors/index.js';
import { BoundToLoop } from '../sync/bound-to-loop.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Coroutine, type Future, type Steps, currentTask } from '../tasks/index.js';

/** A task that waits for its step. */
interface Waiting {
  readonly step: number;
  readonly waiter: Future<void>;
}

/** More entries than this of tasks that no longer wait are removed. */
const STALE_ENTRIES = 16;

/**
 * Makes tasks run in an order chosen by the test: a task that awaits `step(n)` resumes after steps 0 to n - 1.
 *
 *     const sequencer = new Sequencer();
 *     // one task                          // another one
 *     yield* sequencer.step(0);            yield* sequencer.step(1);
 *     log.push('first');                   log.push('second');
 *     yield* sequencer.step(2);
 *     log.push('third');
 *
 * A step lasts from `step(n)` until the task waits again; the next step begins in a later iteration. To hold back later steps while the
 * task waits for something else, let it take the next number afterwards: `step(1); work; step(2)`. The idea is trio's Sequencer.
 */
export class Sequencer extends BoundToLoop {
  private next = 0;
  private readonly used = new Set<number>();
  private readonly waiting = new Map<number, Future<void>>();
  /**
   * The same tasks, ordered from the last step, and some that no longer wait. With it, a broken step fails the later steps without visiting
   * the earlier ones.
   */
  private readonly lastFirst = new PairingHeap<Waiting>((a, b) => b.step - a.step);
  /** The first step that can no longer happen, and the task that was cancelled. */
  private broken: { readonly step: number; readonly task: string } | null = null;

  /**
   * Waits until steps 0 to n - 1 have run. Each number can be used once.
   *
   * If a task is cancelled while it waits for its step, the step never runs, and every later step throws an InvalidStateError that names
   * the task. Earlier steps are not affected.
   *
   * @param n an integer >= 0
   * @throws TypeError or RangeError for an invalid `n`; InvalidStateError for a number that is already used
   */
  step(n: number): Coroutine<void> {
    if (typeof n !== 'number') throw wrongType('step', 'an integer', n);
    if (!Number.isSafeInteger(n) || n < 0) throw outOfRange('step', 'an integer >= 0', n);
    return new Coroutine(this.stepSteps(n), 'Sequencer.step');
  }

  private *stepSteps(n: number): Steps<void> {
    if (this.used.has(n)) throw new InvalidStateError(`step ${n} is already used: each step belongs to one task`);
    this.used.add(n);
    this.checkReachable(n);
    if (n !== this.next) yield* this.turn(n);
    // Deferred to the next iteration, because an async function resumes from this await in a microtask at the end of this one.
    currentLoop().callSoon(() => this.advance());
  }

  private *turn(n: number): Steps<void> {
    const waiter = this._newWaiter();
    this.waiting.set(n, waiter);
    this.lastFirst.push({ step: n, waiter });
    let came = false;
    try {
      yield* waiter;
      came = true;
    } finally {
      this.waiting.delete(n);
      if (!came) this.breakAt(n);
      if (this.lastFirst.length > 2 * this.waiting.size + STALE_ENTRIES) this.removeStale();
    }
  }

  private advance(): void {
    this.next += 1;
    const waiter = this.waiting.get(this.next);
    if (waiter !== undefined && !waiter.done()) waiter.setResult();
  }

  private breakAt(n: number): void {
    if (this.broken !== null && this.broken.step <= n) return; // it failed because of the earlier step
    this.broken = { step: n, task: currentTask()?.getName() ?? 'a task' };
    for (let last = this.lastFirst.shift(); last !== undefined; last = this.lastFirst.shift()) {
      const { step, waiter } = last;
      if (step <= n) {
        this.lastFirst.push(last);
        return;
      }
      if (!waiter.done()) waiter.setException(this.unreachable(step, this.broken));
    }
  }

  private removeStale(): void {
    this.lastFirst.clear();
    for (const [step, waiter] of this.waiting) this.lastFirst.push({ step, waiter });
  }

  private checkReachable(n: number): void {
    if (this.broken !== null && this.broken.step < n) throw this.unreachable(n, this.broken);
  }

  private unreachable(n: number, broken: { readonly step: number; readonly task: string }): InvalidStateError {
    return new InvalidStateError(
      `step ${n} will never come: '${broken.task}' was cancelled while it waited for step ${broken.step}`,
    );
  }

  protected describe(): string {
    const steps = [...this.waiting.keys()].sort((a, b) => a - b);
    return `at ${this.next}${steps.length === 0 ? '' : `, waiting: ${steps.join(', ')}`}`;
  }
}
