/**
 * When a busy loop polls the selector.
 *
 * An idle loop polls in every iteration: that is where it sleeps. A loop whose ready queue is never empty would spend most of its time
 * in system calls if it did the same. Two tasks that hand work to each other fill one iteration after another with a single handle
 * each, and a poll costs about ten times as much as a handle. So a busy loop polls once for every {@link HANDLES_BETWEEN_POLLS}
 * handles. Due timers are collected in every iteration nevertheless. (tokio polls every 61 events, for the same reason.)
 *
 * A program notices nothing but the speed: a descriptor waits for at most 64 handles. `return true` in {@link isDue} gives a loop that
 * polls in every iteration.
 */

/** How many handles may run between two polls. */
const HANDLES_BETWEEN_POLLS = 64;

/** Decides whether an iteration polls. */
export class PollPolicy {
  /** True while an instrument observes polls: it expects one in each iteration. */
  everyIteration = false;
  private handlesSincePoll = 0;

  /** Returns whether to poll before the `ready` handles on the ready queue run. */
  isDue(ready: number): boolean {
    return ready === 0 || this.everyIteration || this.handlesSincePoll + ready > HANDLES_BETWEEN_POLLS;
  }

  /** Makes the next iteration poll, however few handles have run. */
  require(): void {
    this.handlesSincePoll = HANDLES_BETWEEN_POLLS;
  }

  /**
   * Lets `handles` more handles run before the next poll. Used for tasks that a flush has just woken: most of them receive next, and a
   * socket that the poll finds ready before its task waits for it costs two changes of its registration.
   */
  allow(handles: number): void {
    this.handlesSincePoll = -handles;
  }

  /** Notes that `handles` handles are about to run. */
  ran(handles: number): void {
    this.handlesSincePoll += handles;
  }

  /** Notes that the selector has been polled. */
  polled(): void {
    this.handlesSincePoll = 0;
  }
}
