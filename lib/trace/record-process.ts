/**
 * Records the loops of a process whose program is not changed: for SELECTLOOP_TRACE, and for `selectloop/trace/register`.
 *
 * Each loop has a recorder from its creation on, and a file. The trace is written when the loop closes, or else when the process exits, also
 * after an uncaught exception. A signal that kills the process, an abort and `worker.terminate()` leave the file empty.
 *
 * Two loops never share a file. The first of the main thread writes to the file with the given name, the second to `NAME-2`. A
 * worker thread inserts its number. Child processes inherit the variable with `%p` in the name, which stands for the process ID.
 */

import { parse, resolve } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';

import { type NewLoop, onLoopCreated } from '../loop/created.js';
import { TraceFile } from './trace-file.js';

const VARIABLE = 'SELECTLOOP_TRACE';

let recording = false;

/** Records the loops of this thread if SELECTLOOP_TRACE names a file. */
export function recordAsEnvironmentSays(): void {
  const path = process.env[VARIABLE] ?? '';
  if (path !== '') recordLoops(path, VARIABLE);
}

/** Records the loops of this thread in the file that SELECTLOOP_TRACE names, or in `selectloop-trace.json`. */
export function recordAlways(): void {
  recordAsEnvironmentSays();
  recordLoops('selectloop-trace.json', 'selectloop/trace/register');
}

function recordLoops(path: string, origin: string): void {
  if (recording) return;
  recording = true;
  const absolute = resolve(path); // the program may change its directory
  if (isMainThread) process.env[VARIABLE] = absolute.includes('%p') ? absolute : withPart(absolute, '%p');
  const files = new Set<TraceFile>();
  let created = 0;
  let works = true;
  /** Says in one line what went wrong. The program is not affected: it runs without traces from then on. */
  const attempt = (action: () => void): void => {
    try {
      if (works) action();
    } catch (error) {
      works = false;
      process.env[VARIABLE] = ''; // workers and child processes would say the same
      process.stderr.write(`selectloop: no trace is written: ${(error as Error).message}\n`);
    }
  };
  const write = (file: TraceFile): void => {
    if (files.delete(file)) attempt(() => file.write());
  };
  onLoopCreated((loop: NewLoop) => {
    attempt(() => {
      const file = new TraceFile(fileOfLoop(absolute, (created += 1)), origin);
      files.add(file);
      loop.addInstrument(file.recorder);
      if (file.isPage) loop._pollInEveryIteration();
      loop._closeHooks.push(() => write(file));
    });
  });
  process.on('exit', () => {
    for (const file of files) write(file);
  });
}

/** @param number of the loop in its thread, from 1 */
function fileOfLoop(path: string, number: number): string {
  const ofProcess = path.replaceAll('%p', String(process.pid));
  const ofThread = isMainThread ? ofProcess : withPart(ofProcess, `thread${threadId}`);
  return number === 1 ? ofThread : withPart(ofThread, String(number));
}

/** Inserts a part before the suffix. */
function withPart(path: string, part: string): string {
  const { ext } = parse(path);
  return `${path.slice(0, path.length - ext.length)}-${part}${ext}`;
}
