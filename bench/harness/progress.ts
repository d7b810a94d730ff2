/** How far a run is. On a terminal a line that changes; elsewhere a line for each scenario, so that a log stays short. */

import ora from 'ora';

/** Shows what runs, and for how long it is going to. */
export class Progress {
  // A terminal that does not say how wide it is (`docker run -t`, script) would make ora clear lines for ever.
  private readonly spinner =
    process.stderr.isTTY && process.stderr.columns > 0 ? ora({ stream: process.stderr, discardStdin: false }) : null;
  private done = 0;
  private readonly began = performance.now();

  /** @param total how many measurements there are */
  constructor(private readonly total: number) {}

  /** The next scenario. */
  scenario(id: string): void {
    if (this.spinner === null) process.stderr.write(`measuring ${id}\n`);
  }

  /** The next measurement. */
  measurement(scenario: string, round: string, contender: string): void {
    const text = `${scenario}  round ${round}  ${contender}  (${this.done + 1} of ${this.total}${this.left()})`;
    this.done += 1;
    if (this.spinner !== null) this.spinner.start(text);
  }

  /** Takes the line away: a table is printed, or the run is over. */
  clear(): void {
    this.spinner?.stop();
  }

  private left(): string {
    if (this.done === 0) return '';
    const seconds = ((performance.now() - this.began) / 1000 / this.done) * (this.total - this.done);
    return seconds < 90 ? `, ${Math.ceil(seconds)} s left` : `, ${Math.ceil(seconds / 60)} min left`;
  }
}
