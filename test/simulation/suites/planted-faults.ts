/** `npm run test:planted`: plants faults in the simulated kernel, one after the other, and shows how soon the suites find each. */

import { spawnSync } from 'node:child_process';

import { PLANTED } from './planted.js';

const LIMIT_MS = 60_000;
/** Without its wake-up a test waits indefinitely. */
const ARGUMENTS = [
  'vitest',
  'run',
  '--bail',
  '1',
  '--maxWorkers',
  '1',
  '--testTimeout',
  '10000',
  '--reporter',
  'verbose',
];

function find(fault: string): boolean {
  const start = performance.now();
  const { status, stdout } = spawnSync('npx', [...ARGUMENTS, ...process.argv.slice(2)], {
    env: { ...process.env, SELECTLOOP_KERNEL: 'simulated', SELECTLOOP_PLANTED: fault, NO_COLOR: '1' },
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const failure = /^ *(?:×|FAIL) +(.*?)(?: \d+ms)?$/m.exec(stdout);
  if (status === 0 || failure === null) {
    process.stdout.write(`${fault}: not found in ${seconds} s\n`);
    return false;
  }
  process.stdout.write(`${fault}: found after ${seconds} s by ${failure[1]}\n`);
  return true;
}

const missed = Object.keys(PLANTED).filter((fault) => !find(fault));
process.exitCode = missed.length === 0 ? 0 : 1;
