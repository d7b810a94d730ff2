/**
 * Runs a program of a document in a worker of the test's own process, because starting Node takes most of the time of a small program.
 *
 * A program that depends on its process (signals, children, exit codes, files) must run in a separate one.
 */

import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';

import type { Ending } from '../support/child-program.js';

/** Far more than most programs need; one that hangs is terminated, and fails its test by its exit code. */
const TERMINATE_AFTER_MS = 50_000;

/** Returns true if the program must run in a separate process. */
export function needsProcess(program: string): boolean {
  return /\bprocess\.|node:(child_process|cluster|fs|net|worker_threads)|createSubprocess|from '\.|Signal\b|signal\b/.test(
    program,
  );
}

/** Runs a file, and returns how it ended. An uncaught error is what it wrote to stderr. */
export async function runInWorker(file: string, env: NodeJS.ProcessEnv = {}): Promise<Ending> {
  const worker = new Worker(file, {
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  let uncaught = '';
  worker.on('error', (error) => (uncaught = String(error.stack ?? error)));
  const timer = setTimeout(() => void worker.terminate(), TERMINATE_AFTER_MS);
  const [exit, stdout, stderr] = await Promise.all([once(worker, 'exit'), text(worker.stdout), text(worker.stderr)]);
  clearTimeout(timer);
  return { code: exit[0] as number, signal: null, stdout, stderr: stderr + uncaught };
}
