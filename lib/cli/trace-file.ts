/** `--trace FILE`: records the run, and writes the trace when the command ends. */

import { closeSync, openSync, writeSync } from 'node:fs';

import { Recorder } from '../trace/index.js';
import { UsageError } from './command-line.js';

/** The format for each suffix. */
const FORMATS: Readonly<Record<string, (recorder: Recorder) => string>> = {
  '.txt': (recorder) => recorder.toText(),
  '.json': (recorder) => JSON.stringify(recorder.toChromeTrace()),
};

/** A trace that will be written to a file. */
export class TraceFile {
  readonly recorder = new Recorder();
  private readonly format: (recorder: Recorder) => string;
  private readonly fd: number;

  /** Creates the file, so that errors show before the run. @throws UsageError for another suffix; errors of `node:fs` */
  constructor(private readonly path: string) {
    const suffix = Object.keys(FORMATS).find((each) => path.endsWith(each));
    if (suffix === undefined) {
      throw new UsageError(
        `--trace: expected a file name that ends in ${Object.keys(FORMATS).join(' or ')}, got ${JSON.stringify(path)}`,
      );
    }
    this.format = FORMATS[suffix] as (recorder: Recorder) => string;
    this.fd = openSync(path, 'w');
  }

  /** Writes the trace, and prints the path. */
  write(): void {
    const rest = Buffer.from(this.format(this.recorder));
    for (let written = 0; written < rest.length;) written += writeSync(this.fd, rest, written);
    closeSync(this.fd);
    process.stdout.write(`trace written to ${this.path}\n`);
  }
}
