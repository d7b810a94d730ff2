/** Steps of several tasks, in the order of their numbers. */

import { InvalidStateError, outOfRange, wrongType } from '../errors/index.js';
import { BoundToLoop } from '../sync/bound-to-loop.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Coroutine, type Future, type Steps, currentTask } from '../tasks/index.js';

/**
 * Makes tasks go on in an order of the test's choice: whoever awaits `step(n)` goes on when the steps 0 to n - 1 were made.
 *
 *     const sequencer = new Sequencer();
 *     // one task                          // another one
 *     yield* sequencer.step(0);            yield* sequencer.step(1);
 *     log.push('first');                   log.push('second');
 *     yield* sequencer.step(2);
 *     log.push('third');
 *
 * A step is what its task does after `step(n)` until it waits again; the next step begins in a later iteration. To keep the
 * others back while it waits for something else, it takes the following number afterwards: `step(1); work; step(2)`. The idea is
 * trio's Sequencer.
 */
export class Sequencer extends BoundToLoop {
  private next = 0;
  private readonly used = new Set<number>();
  private readonly waiting = new Map<number, Future<void>>();
  /** The first step that can never be made, and why. */
  private broken: { readonly step: number; readonly task: string } | null = null;

  /**
   * Waits for its turn. Each number is used once; the first is 0.
   *
   * If a task is cancelled while it waits for its turn, its step is never made: those who wait for a later one, and those who
   * come for one afterwards, get an InvalidStateError that names it. Earlier steps are not affected.
   *
   * @throws TypeError or RangeError unless `n` is an integer from 0 on; InvalidStateError for a number that is used already
   */
  step(n: number): Coroutine<void> {
    if (typeof n !== 'number') throw wrongType('step', 'an integer', n);
    if (!Number.isSafeInteger(n) || n < 0) throw outOfRange('step', 'an integer from 0 on', n);
    return new Coroutine(this.stepSteps(n), 'Sequencer.step');
  }

  private *stepSteps(n: number): Steps<void> {
    if (this.used.has(n)) throw new InvalidStateError(`step ${n} is used already: each step is one task's`);
    this.used.add(n);
    this.checkReachable(n);
    if (n !== this.next) yield* this.turn(n);
    // In the next iteration and not now: what an async function does after this await is a microtask at the end of this one.
    currentLoop().callSoon(() => this.advance());
  }

  private *turn(n: number): Steps<void> {
    const waiter = this._newWaiter();
    this.waiting.set(n, waiter);
    let came = false;
    try {
      yield* waiter;
      came = true;
    } finally {
      this.waiting.delete(n);
      if (!came) this.breakAt(n);
    }
  }

  private advance(): void {
    this.next += 1;
    const waiter = this.waiting.get(this.next);
    if (waiter !== undefined && !waiter.done()) waiter.setResult();
  }

  private breakAt(n: number): void {
    if (this.broken !== null && this.broken.step <= n) return; // it is one of those that got the error
    this.broken = { step: n, task: currentTask()?.getName() ?? 'a task' };
    for (const [step, waiter] of this.waiting) {
      if (step > n && !waiter.done()) waiter.setException(this.unreachable(step, this.broken));
    }
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
