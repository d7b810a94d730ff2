/** A file that a trace is written to. */

import { closeSync, openSync, writeSync } from 'node:fs';

import { Recorder } from './recorder.js';

/** The format for each suffix. */
const FORMATS: Readonly<Record<string, (recorder: Recorder) => string>> = {
  '.txt': (recorder) => recorder.toText(),
  '.json': (recorder) => JSON.stringify(recorder.toChromeTrace()),
  '.html': (recorder) => recorder.toHTML(),
};

/** The suffix of the path is none that has a format. */
export class UnknownFormat extends Error {
  override readonly name = 'UnknownFormat';
}

/** A recorder whose trace will be written to a file, in the format of its suffix: text, the Trace Event Format, or a page. */
export class TraceFile {
  readonly recorder: Recorder;
  /** Whether it is the player, which shows the lines of the program, and each of the five steps in every iteration. */
  readonly isPage: boolean;
  private readonly format: (recorder: Recorder) => string;
  private readonly fd: number;

  /**
   * Creates the file, so that errors show before the run.
   *
   * @param origin the option or variable that has the path, for messages
   * @throws UnknownFormat; errors of `node:fs`
   */
  constructor(
    readonly path: string,
    origin: string,
  ) {
    const suffix = Object.keys(FORMATS).find((each) => path.endsWith(each));
    if (suffix === undefined) {
      const expected = Object.keys(FORMATS)
        .join(', ')
        .replace(/, (?=[^,]*$)/, ' or ');
      throw new UnknownFormat(`${origin}: expected a file name that ends in ${expected}, got ${JSON.stringify(path)}`);
    }
    this.format = FORMATS[suffix] as (recorder: Recorder) => string;
    this.isPage = suffix === '.html';
    this.recorder = new Recorder({ places: this.isPage });
    this.fd = openSync(path, 'w');
  }

  /** Writes the trace and closes the file. Called once. @throws errors of `node:fs` */
  write(): void {
    const rest = Buffer.from(this.format(this.recorder));
    for (let written = 0; written < rest.length;) written += writeSync(this.fd, rest, written);
    closeSync(this.fd);
  }
}
