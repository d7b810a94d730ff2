// A port scanner: many connections concurrently, up to a limit.
// A semaphore limits the number of concurrent attempts to 100; each has a timeout of one second.
// Watch the structure: the task group ends with its last task, and cancels all of them if one fails or you press Ctrl-C.

import { parseArgs } from 'node:util';

import { OSError, Semaphore, type Steps, TimeoutError, openConnection, taskGroup, waitFor } from 'selectloop';

import { program } from '../support/program.js';
import { untilInterrupted } from './serving.js';

/** The ports to scan, and the limits. */
export interface Scan {
  readonly host: string;
  readonly ports: Iterable<number>;
  /** The maximum number of concurrent attempts. Default: 100. */
  readonly limit?: number;
  /** The timeout of one attempt in milliseconds. Default: 1000. */
  readonly timeoutMs?: number;
}

/** Returns the ports that accept a connection, in ascending order. */
export function* openPorts({ host, ports, limit = 100, timeoutMs = 1000 }: Scan): Steps<number[]> {
  const semaphore = new Semaphore(limit);
  const open: number[] = [];
  yield* taskGroup(function* (group) {
    for (const port of ports) {
      yield* semaphore.acquire(); // before the task is created, which limits the number of tasks as well
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
