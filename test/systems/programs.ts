/** Runs example programs: as child processes, as a user does, or by calling their exported functions and capturing the output. */

import { vi } from 'vitest';

import { type ChildProgram, type Ending, type ProgramOptions, startFile } from '../support/child-program.js';

/** Starts a program by its name, such as `tiny/flow`: the JavaScript of the package, because loading tsx takes longer than most of them run. */
export function startExample(name: string, args: readonly string[] = [], options: ProgramOptions = {}): ChildProgram {
  return startFile(`dist/examples/${name}.js`, args, options);
}

/** Starts a program from its source, as `npm run example` and `npx tsx` do. */
export function startSource(name: string, args: readonly string[] = []): ChildProgram {
  return startFile(`examples/${name}.ts`, args, { nodeFlags: ['--import', 'tsx'] });
}

/** Runs a program to its end and returns the lines it printed. Throws if its exit code is not 0. */
export async function runExample(name: string, args: readonly string[] = []): Promise<string[]> {
  const ending: Ending = await startExample(name, args).ended;
  if (ending.code !== 0) throw new Error(`${name} ended badly: ${JSON.stringify(ending)}`);
  return linesOf(ending.stdout);
}

/** Returns the lines that `body` prints with `console.log`. */
export function printedBy(body: () => unknown): string[] {
  using lines = catchLines();
  body();
  return lines.caught;
}

/** Like `printedBy`, for an async function. */
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
