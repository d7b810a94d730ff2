/**
 * Reads the output that the READMEs of the examples show.
 *
 * A block that begins with "$ npm run example ..." shows what that command prints. Tests take the expected output from there, so
 * the pages cannot differ from the programs. `frame.test.ts` checks that a test uses each block.
 */

import { readFileSync } from 'node:fs';

/** A command and its output in a README. */
export interface Shown {
  /** What follows `npm run example`, such as `tiny/flow -- --scale 0.1`. */
  readonly command: string;
  readonly lines: readonly string[];
}

const BLOCK = /^```console\n\$ npm run example (.+)\n([^]*?)^```$/gm;

/** Returns all blocks of a document, given as a path from the root of the repository. */
export function shownIn(document: string): Shown[] {
  const text = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
  return [...text.matchAll(BLOCK)].map(([, command = '', output = '']) => ({
    command,
    lines: output.trimEnd().split('\n'),
  }));
}

/** Returns a function that finds the output a document shows for a command, and throws if there is none. */
export function shownBy(document: string): (command: string) => readonly string[] {
  const blocks = shownIn(document);
  return (command) => {
    const block = blocks.find((candidate) => candidate.command === command);
    if (block === undefined) throw new Error(`${document} does not show what ${command} prints`);
    return block.lines;
  };
}
