// which ports are open: many connections at a time, but never too many
// A semaphore lets 100 of a thousand tasks connect at once; each gives up after a second.
// Watch the structure: the task group ends when the last task has, and cancels all of them if one fails or you press Ctrl-C.

import { parseArgs } from 'node:util';

import { OSError, Semaphore, type Steps, TimeoutError, openConnection, taskGroup, waitFor } from 'selectloop';

import { program } from '../support/program.js';
import { untilInterrupted } from './serving.js';

/** What to scan, and how gently. */
export interface Scan {
  readonly host: string;
  readonly ports: Iterable<number>;
  /** How many connections are attempted at once. Default: 100. */
  readonly limit?: number;
  /** How long one attempt may take. Default: 1000. */
  readonly timeoutMs?: number;
}

/** The ports that somebody listens on, in ascending order. */
export function* openPorts({ host, ports, limit = 100, timeoutMs = 1000 }: Scan): Steps<number[]> {
  const semaphore = new Semaphore(limit);
  const open: number[] = [];
  yield* taskGroup(function* (group) {
    for (const port of ports) {
      yield* semaphore.acquire(); // here, so that there are never more tasks than that
      const task = group.createTask(function* () {
        if (yield* isOpen(host, port, timeoutMs)) open.push(port);
      });
      task.addDoneCallback(() => semaphore.release());
    }
  });
  return open.sort((a, b) => a - b);
}

function* isOpen(host: string, port: number, timeoutMs: number): Steps<boolean> {
  try {
    const { writer } = yield* waitFor(openConnection(host, port), timeoutMs);
    writer.close();
    return true;
  } catch (error) {
    if (error instanceof TimeoutError || error instanceof OSError) return false;
    throw error;
  }
}

function* range(first: number, last: number): Generator<number> {
  for (let port = first; port <= last; port += 1) yield port;
}

await program(import.meta, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      ports: { type: 'string', default: '1-1024' },
      limit: { type: 'string', default: '100' },
    },
  });
  const [first = 1, last = first] = values.ports.split('-').map(Number);
  await untilInterrupted(function* () {
    const open = yield* openPorts({ host: values.host, ports: range(first, last), limit: Number(values.limit) });
    for (const port of open) console.log(`${port} is open`);
    console.log(`${open.length} open of ${last - first + 1}`);
  });
});
