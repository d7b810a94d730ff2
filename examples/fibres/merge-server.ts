// A server on a UNIX socket merges the sorted lines of two clients; of each it holds one line, however much they send.
// Watch the first client send everything at once and the second slowly: a line comes out as soon as no smaller one can follow.
// Merging needs to ask "the next line of this one, now of that one". In a coroutine that is a loop; with callbacks it is a puzzle.

import {
  Queue,
  type Steps,
  type StreamReader,
  type StreamWriter,
  createTask,
  gather,
  openUnixConnection,
  run,
  sleep,
  startUnixServer,
} from 'selectloop';

import { program } from '../support/program.js';

/** The longest line. A reader stops taking bytes from its socket when it holds twice as many. */
const LIMIT = 64;

/** Listens at `path`, waits for two clients, emits their lines in order, and closes. */
export function* mergeServer(path: string, emit: (line: string) => void): Steps<void> {
  const clients = new Queue<{ reader: StreamReader; writer: StreamWriter }>();
  const accept = (reader: StreamReader, writer: StreamWriter): void => clients.putNowait({ reader, writer });
  const server = yield* startUnixServer(accept, path, { limit: LIMIT });
  try {
    const first = yield* clients.get();
    const second = yield* clients.get();
    yield* merge(first.reader, second.reader, emit);
  } finally {
    server.close();
    server.abortClients();
    yield* server.waitClosed();
  }
}

/** The lines of two readers in order, each at its time. */
export function* merge(left: StreamReader, right: StreamReader, emit: (line: string) => void): Steps<void> {
  let a = yield* nextLine(left);
  let b = yield* nextLine(right);
  while (a !== null || b !== null) {
    if (b === null || (a !== null && a <= b)) {
      emit(a!);
      a = yield* nextLine(left);
    } else {
      emit(b);
      b = yield* nextLine(right);
    }
  }
}

function* nextLine(reader: StreamReader): Steps<string | null> {
  const line = yield* reader.readline();
  return line.length === 0 ? null : String(line).trimEnd();
}

function* client(id: number, path: string, lines: readonly string[], delayMs: number): Steps<void> {
  const { writer } = yield* openUnixConnection(path);
  for (const line of lines) {
    yield* sleep(delayMs);
    console.log(`client ${id}: ${line}`);
    writer.write(Buffer.from(`${line}\n`));
    yield* writer.drain(); // waits while the server does not read
  }
  writer.close();
  yield* writer.waitClosed();
}

export function* main(): Steps<string[]> {
  const path = `\0selectloop-merge-${process.pid}`; // the leading zero: a name without a file
  const merged: string[] = [];
  const emit = (line: string): void => {
    merged.push(line);
    console.log(`    merged: ${line}`);
  };
  const server = createTask(mergeServer(path, emit), { eagerStart: true });
  yield* gather([
    client(1, path, ['ash', 'elm', 'oak', 'yew'], 0),
    client(2, path, ['birch', 'fir', 'lime', 'pine'], 40),
    server,
  ]);
  return merged;
}

await program(import.meta, () => run(main));
