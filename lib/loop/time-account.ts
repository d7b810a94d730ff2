/**
 * Where the time of a loop goes: waiting, or running.
 *
 * What runs is measured from the end of one wait to the beginning of the next, so an iteration reads the clock twice and not three
 * times, and one that does not wait, not at all. In a hosted loop the promises that are settled in between are counted as well:
 * they are the code of its async tasks.
 */
export class TimeAccount {
  /** Milliseconds spent in select. */
  selectMs = 0;
  /** Milliseconds spent running handles. */
  runMs = 0;
  private waitingSince = 0;
  /** Null while the loop does not run anything. */
  private runningSince: number | null = null;

  /** A wait begins; what ran until now is counted. */
  waitBegins(now: number): void {
    this.runEnds(now);
    this.waitingSince = now;
  }

  /** The wait is over; handles run from now on. */
  waitEnds(now: number): void {
    this.selectMs += now - this.waitingSince;
    this.runningSince = now;
  }

  /** The loop gives the thread away: what follows is somebody else's time. */
  runEnds(now: number): void {
    if (this.runningSince !== null) this.runMs += now - this.runningSince;
    this.runningSince = null;
  }
}
