/** The command `selectloop` with several command lines. */

import { expect } from 'vitest';

import { type Ending, runProgram } from '../support/child-program.js';

const COMMAND_LINES = `
  const lines = JSON.parse(process.env.COMMAND_LINES);
  const report = process.stdout.write.bind(process.stdout);
  for (const [i, args] of lines.entries()) {
    const ending = { code: 0, stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      process[name].write = (text) => ((ending[name] += text), true);
      process[name].removeAllListeners('error'); // each run adds one
    }
    process.argv = [process.execPath, 'dist/cli/main.js', ...args];
    process.exitCode = 0;
    await import('./dist/cli/main.js?' + i);
    ending.code = process.exitCode;
    report(JSON.stringify(ending) + '\\n');
  }
  process.exitCode = 0;
`;

/** Runs several command lines in one process, which is much faster than starting one for each. */
export async function commandLines(lines: ReadonlyArray<readonly string[]>): Promise<Array<Partial<Ending>>> {
  const ending = await runProgram(COMMAND_LINES, { env: { COMMAND_LINES: JSON.stringify(lines) } });
  expect(ending).toMatchObject({ code: 0, stderr: '' });
  return ending.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Partial<Ending>);
}
