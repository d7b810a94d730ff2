/**
 * Runs steps.scaling.ts in a separate process. V8 counts executed blocks only in code that is compiled after counting was enabled, and other
 * test files have already compiled the library.
 */

import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

it('the cost of every primitive, combinator, queue, buffer and parser is linear, or n log n', async () => {
  const args = [vitest, 'run', '--config', join(here, 'vitest.config.ts'), '--root', join(here, '../..')];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
  }).catch((error: unknown) => error as { stdout: string });
  expect(stdout).toMatch(/Tests +52 passed/);
}, 240_000);
