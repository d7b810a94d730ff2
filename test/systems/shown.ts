/**
 * The output that the READMEs of the examples show.
 *
 * A block that begins with "$ npm run example ..." shows what that command prints. Tests take the expected trace from there, so
 * that no page can show something a program does not do; and a test of each folder sees to it that no block goes unchecked.
 */

import { readFileSync } from 'node:fs';

/** What a README says that a command prints. */
export interface Shown {
  /** Behind `npm run example`, such as `tiny/flow -- --scale 0.1`. */
  readonly command: string;
  readonly lines: readonly string[];
}

const BLOCK = /^```console\n\$ npm run example (.+)\n([^]*?)^```$/gm;

/** All blocks of a document, a path from the root. */
export function shownIn(document: string): Shown[] {
  const text = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
  return [...text.matchAll(BLOCK)].map(([, command = '', output = '']) => ({
    command,
    lines: output.trimEnd().split('\n'),
  }));
}

/** Finds what a document shows for a command; an Error if it shows nothing. */
export function shownBy(document: string): (command: string) => readonly string[] {
  const blocks = shownIn(document);
  return (command) => {
    const block = blocks.find((candidate) => candidate.command === command);
    if (block === undefined) throw new Error(`${document} does not show what ${command} prints`);
    return block.lines;
  };
}
