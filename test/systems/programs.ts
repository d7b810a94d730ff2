/** Runs the example programs: their exported functions with the printed lines caught, or whole, as a user does. */

import { vi } from 'vitest';

import { type ChildProgram, type Ending, type ProgramOptions, startFile } from '../support/child-program.js';

/** How `npm run example` and `npx tsx` start a program. */
const TSX = ['--import', 'tsx'];

/** Starts a program by its name, such as `tiny/flow`. */
export function startExample(name: string, args: readonly string[] = [], options: ProgramOptions = {}): ChildProgram {
  return startFile(`examples/${name}.ts`, args, { ...options, nodeFlags: [...TSX, ...(options.nodeFlags ?? [])] });
}

/** Runs a program to its end; an Error with everything it said unless it ends well. Returns the lines it printed. */
export async function runExample(name: string, args: readonly string[] = []): Promise<string[]> {
  const ending: Ending = await startExample(name, args).ended;
  if (ending.code !== 0) throw new Error(`${name} ended badly: ${JSON.stringify(ending)}`);
  return linesOf(ending.stdout);
}

/** What `body` prints with `console.log`, line by line. */
export function printedBy(body: () => unknown): string[] {
  using lines = catchLines();
  body();
  return lines.caught;
}

/** What `body` has printed when its promise is settled. */
export async function printedByAsync(body: () => Promise<unknown>): Promise<string[]> {
  using lines = catchLines();
  await body();
  return lines.caught;
}

function catchLines(): Disposable & { caught: string[] } {
  const caught: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...parts: unknown[]) => {
    caught.push(...parts.join(' ').split('\n'));
  });
  return { caught, [Symbol.dispose]: () => log.mockRestore() };
}

function linesOf(text: string): string[] {
  return text.trimEnd().split('\n');
}
