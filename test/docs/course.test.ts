/**
 * docs/course shows what its programs print.
 *
 * A `text` block is below the `sh` block with its command. The README of the program's folder shows the same output, and a test in
 * `test/systems` runs the program and compares; output that is measured anew in each run is checked here.
 */

import { describe, expect, it } from 'vitest';

import { programNamed, programs } from '../../examples/support/catalogue.js';
import { runExample } from '../systems/programs.js';
import { shownBy } from '../systems/shown.js';
import { type Block, placeOf, readDocuments } from './documents.js';

const course = readDocuments().find(({ path }) => path === 'docs/course/README.md')!;
const MEASURED = 'tiny/idle';

/** Each output with the command above it. */
const shown = course.blocks.flatMap((block, i): Array<[string, Block]> => {
  if (block.language !== 'text') return [];
  const command = /^npm run example (.+)\n$/.exec(course.blocks[i - 1]?.text ?? '')?.[1];
  return [[command ?? `no command above ${placeOf(block)}`, block]];
});

/** Converts the shown text to a pattern. A line that is only `…` matches any lines; `…` within a line matches any text. */
function patternOf(text: string): RegExp {
  const quote = (line: string): string => line.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '.*');
  const lines = text.split('\n').slice(0, -1);
  return new RegExp(`^${lines.map((line) => (line === '…' ? '(.*\n)*' : `${quote(line)}\n`)).join('')}$`);
}

describe('the course', () => {
  it.each(shown.filter(([command]) => command !== MEASURED))('shows what %s prints', (command, block) => {
    const folder = programNamed(command.split(' ')[0]!).name.split('/')[0]!;
    const lines = shownBy(`examples/${folder}/README.md`)(command);
    expect(lines.map((line) => `${line}\n`).join('')).toMatch(patternOf(block.text));
  });

  it('shows what the measurement of an idle loop prints', async () => {
    const block = shown.find(([command]) => command === MEASURED)![1];
    const lines = await runExample(MEASURED);
    expect(lines.map((line) => `${line}\n`).join('')).toMatch(patternOf(block.text));
  });

  it('has an output in each of its lessons, and links to every folder of programs', () => {
    expect(shown).toHaveLength([...course.text.matchAll(/^## \d+\. /gm)].length);
    const folders = [...new Set(programs().map(({ name }) => name.split('/')[0]!))];
    for (const folder of folders) expect(course.text).toContain(`(../../examples/${folder}/README.md)`);
  });

  it('… stands for lines left out, and for nothing else', () => {
    expect('a\nb\nc\n').toMatch(patternOf('a\n…\nc\n'));
    expect('a 1 c\n').toMatch(patternOf('a … c\n'));
    expect('a\nb\n').not.toMatch(patternOf('a\n'));
    expect('b\nc\n').not.toMatch(patternOf('a\n…\nc\n'));
  });
});
