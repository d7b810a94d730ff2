/** Shows the progress of a run: on a terminal as one changing line, elsewhere as one line for each scenario. */

import ora from 'ora';

/** Shows the current measurement and an estimate of the remaining time. */
export class Progress {
  // ora loops endlessly on a terminal that does not report its width (`docker run -t`, script).
  private readonly spinner =
    process.stderr.isTTY && process.stderr.columns > 0 ? ora({ stream: process.stderr, discardStdin: false }) : null;
  private done = 0;
  private readonly began = performance.now();

  /** @param total the number of measurements */
  constructor(private readonly total: number) {}

  /** Begins a scenario. */
  scenario(id: string): void {
    if (this.spinner === null) process.stderr.write(`measuring ${id}\n`);
  }

  /** Begins a measurement. */
  measurement(scenario: string, round: string, contender: string): void {
    const text = `${scenario}  round ${round}  ${contender}  (${this.done + 1} of ${this.total}${this.left()})`;
    this.done += 1;
    if (this.spinner !== null) this.spinner.start(text);
  }

  /** Clears the line, before a table is printed and at the end of the run. */
  clear(): void {
    this.spinner?.stop();
  }

  private left(): string {
    if (this.done === 0) return '';
    const seconds = ((performance.now() - this.began) / 1000 / this.done) * (this.total - this.done);
    return seconds < 90 ? `, ${Math.ceil(seconds)} s left` : `, ${Math.ceil(seconds / 60)} min left`;
  }
}
