/**
 * Measures how much time a loop spends polling, and how much it spends running handles.
 *
 * Run time is measured from the end of one poll to the beginning of the next, so an iteration reads the clock twice, and one that does not
 * poll, not at all. In a hosted loop the promises that settle in between count as run time, because they are the code of its async tasks.
 */
export class TimeAccount {
  /** Milliseconds spent in select. */
  selectMs = 0;
  /** Milliseconds spent running handles. */
  runMs = 0;
  private waitingSince = 0;
  /** Null while the loop runs nothing. */
  private runningSince: number | null = null;

  /** A poll begins, and run time ends. */
  waitBegins(now: number): void {
    this.runEnds(now);
    this.waitingSince = now;
  }

  /** The poll has returned, and run time begins. */
  waitEnds(now: number): void {
    this.selectMs += now - this.waitingSince;
    this.runningSince = now;
  }

  /** Run time ends: control goes back to the host or to the caller of the loop. */
  runEnds(now: number): void {
    if (this.runningSince !== null) this.runMs += now - this.runningSince;
    this.runningSince = null;
  }
}
