/**
 * When a busy loop polls the selector.
 *
 * An idle loop polls in every iteration, because that is where it sleeps. A loop whose ready queue is never empty would spend most of its
 * time in system calls if it did the same: two tasks that hand work to each other fill one iteration after another with a single handle
 * each, and a poll costs about ten times as much as a handle. So an iteration skips its poll as long as no more than
 * {@link HANDLES_BETWEEN_POLLS} handles will have run since the last one. (tokio polls every 61 ticks, for the same reason.) A longer ready
 * queue still runs as a whole, and due timers are collected in every iteration.
 *
 * With {@link PollPolicy.everyIteration} a loop polls in every iteration, more slowly: for recordings and steps that are read beside a book.
 */

/** How many handles may run after a poll before an iteration must poll again. */
const HANDLES_BETWEEN_POLLS = 64;

/** Decides whether an iteration polls. */
export class PollPolicy {
  private handlesBetweenPolls = HANDLES_BETWEEN_POLLS;
  /** How many handles may still run before the next poll. */
  private handlesLeft = HANDLES_BETWEEN_POLLS;
  /** How many observers want a poll in every iteration. */
  private observers = 0;

  /** Makes every iteration poll until the result is disposed of. */
  everyIteration(): Disposable {
    const change = (by: 1 | -1): void => {
      this.observers += by;
      this.handlesBetweenPolls = this.observers > 0 ? 0 : HANDLES_BETWEEN_POLLS;
      this.handlesLeft = this.handlesBetweenPolls;
    };
    change(1);
    let ended = false;
    return {
      [Symbol.dispose]: () => {
        if (!ended) change(-1);
        ended = true;
      },
    };
  }

  /** Returns whether to poll before the `ready` handles on the ready queue run. */
  isDue(ready: number): boolean {
    return ready === 0 || ready > this.handlesLeft;
  }

  /** Makes the next iteration poll, however few handles have run. */
  require(): void {
    this.handlesLeft = 0;
  }

  /**
   * Lets `handles` handles run that do not count. They are tasks that a flush has just woken, and most of them receive next. They should
   * register with the selector before the poll: an event without a waiter makes the loop unregister the descriptor and register it again,
   * which are two system calls.
   */
  allow(handles: number): void {
    if (this.handlesBetweenPolls > 0) this.handlesLeft = this.handlesBetweenPolls + handles;
  }

  /** Notes that `handles` handles are about to run. */
  willRun(handles: number): void {
    this.handlesLeft -= handles;
  }

  /** Notes that the selector has been polled. */
  polled(): void {
    this.handlesLeft = this.handlesBetweenPolls;
  }
}
