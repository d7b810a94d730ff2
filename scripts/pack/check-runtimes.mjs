/** Verifies what the package does in Bun and Deno: `runSync` works, and `run` throws an error that says why it does not. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const RUNTIMES = [
  ['Bun', 'bun', ['bun']],
  ['Deno', 'deno', ['deno', 'run', '--allow-all']],
];
const PROGRAM = `
import { run, runSync, sleep } from 'selectloop';
console.log(runSync(() => sleep(1, 'awake')));
await run(() => sleep(1)).catch((error) => console.log(error.code, error.message));
`;

/** @param execute runs a command and throws if it fails; @param fail throws an error with a message */
export function checkRuntimes({ folder, tarball, execute, fail }) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  execute('npm', ['install', ...quiet, tarball, ...RUNTIMES.map(([, name]) => name)], { cwd: folder });
  for (const [runtime, , command] of RUNTIMES) {
    const printed = execute('npx', [...command, 'program.mjs'], { cwd: folder, timeout: 60_000 });
    const expected = new RegExp(`^awake\\nERR_UNSUPPORTED_NODE run: expected Node, .* got ${runtime} .*runSync works`);
    if (!expected.test(printed)) fail(`${runtime} printed ${JSON.stringify(printed)}`);
    console.log(`runtimes: runSync works in ${runtime}, and run says why it does not`);
  }
}
