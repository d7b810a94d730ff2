/**
 * Runs programs of a document, because starting Node and loading the library take most of the time of a small program: one after the other,
 * in a worker of the test's own process.
 *
 * A program that depends on its process (signals, children, exit codes) or its environment, or that shows the name of a task, which has a
 * number, must run in a separate one.
 */

import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';

import type { Ending } from '../support/child-program.js';

/** Far more than the programs need; a worker that hangs is terminated, and fails its tests by its exit code. */
const TERMINATE_AFTER_MS = 50_000;

/** Written before the output of each program. */
const MARK = '--- the next program ---\n';

/** Imports the programs in turn. A program that leaves a timer or a socket behind never comes to the next. */
const RUNNER = `
  import { setTimeout as pause } from 'node:timers/promises';
  import { workerData } from 'node:worker_threads';
  const { files, mark } = workerData;
  const before = process.getActiveResourcesInfo().length;
  for (const file of files) {
    process.stdout.write(mark);
    process.stderr.write(mark);
    await import(file);
    while (process.getActiveResourcesInfo().length > before) await pause(1);
  }
`;

/** Returns true if the program must run in a separate process. */
export function needsProcess(program: string): boolean {
  return /\bprocess\.(?!stdout\.write)|node:(child_process|cluster|worker_threads)|createSubprocess|from '\.|SignalHandler|\bSIG[A-Z]/.test(
    program,
  );
}

/** Runs files, and returns how each ended. An uncaught error is what the last of them wrote to stderr: the others have not run. */
export async function runInWorker(files: readonly string[]): Promise<Array<Ending | undefined>> {
  const worker = new Worker(RUNNER, {
    eval: true,
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
    execArgv: ['--input-type=module'],
    workerData: { files, mark: MARK },
    stdout: true,
    stderr: true,
  });
  let uncaught = '';
  worker.on('error', (error) => (uncaught = String(error.stack ?? error)));
  const timer = setTimeout(() => void worker.terminate(), TERMINATE_AFTER_MS);
  const [exit, stdout, stderr] = await Promise.all([once(worker, 'exit'), text(worker.stdout), text(worker.stderr)]);
  clearTimeout(timer);
  const outputs = stdout.split(MARK).slice(1);
  const errors = (stderr + uncaught).split(MARK).slice(1);
  return outputs.map((output, i) => {
    const isLast = i === outputs.length - 1;
    return { code: isLast ? (exit[0] as number) : 0, signal: null, stdout: output, stderr: errors[i] ?? '' };
  });
}
