// A server on a UNIX socket merges the sorted lines of two clients. It holds one line of each, however much they send.
// Watch the first client send quickly and the second slowly: a line is emitted as soon as no smaller one can follow.
// Merging asks for the next line of either client as needed. In a coroutine this is a simple loop; with callbacks it is difficult.

import {
  AF_UNIX,
  Socket,
  type Steps,
  createTask,
  gather,
  openUnixConnection,
  run,
  sleep,
  sockAccept,
  sockRecv,
} from 'selectloop';

import { program } from '../support/program.js';
import { LineStream } from './stream-lines.js';

/** The size of each recv. It limits how much of the following lines the server holds. */
const CHUNK_BYTES = 64;

/** Listens at `path`, accepts two clients, emits their lines in sorted order, and closes. */
export function* mergeServer(path: string, emit: (line: string) => void): Steps<void> {
  using listener = new Socket(AF_UNIX);
  listener.setBlocking(false);
  listener.bind({ path });
  listener.listen();
  using first = (yield* sockAccept(listener)).socket;
  using second = (yield* sockAccept(listener)).socket;
  yield* merge(linesOf(first), linesOf(second), emit);
}

/** Emits the lines of two sorted streams in sorted order, each as soon as no smaller line can follow. */
function* merge(left: LineStream, right: LineStream, emit: (line: string) => void): Steps<void> {
  let a = yield* left.readLine();
  let b = yield* right.readLine();
  while (a !== null || b !== null) {
    if (b === null || (a !== null && a <= b)) {
      emit(a!);
      a = yield* left.readLine();
    } else {
      emit(b);
      b = yield* right.readLine();
    }
  }
}

/** Decodes as latin1, one character per byte, so that a chunk cannot split a character. Lines are compared byte by byte. */
function linesOf(socket: Socket): LineStream {
  return new LineStream(function* () {
    const chunk = yield* sockRecv(socket, CHUNK_BYTES);
    return chunk.length === 0 ? null : chunk.toString('latin1');
  });
}

function* client(id: number, path: string, lines: readonly string[], delayMs: number): Steps<void> {
  const { writer } = yield* openUnixConnection(path);
  for (const line of lines) {
    yield* sleep(delayMs);
    console.log(`client ${id}: ${line}`);
    writer.write(Buffer.from(`${line}\n`));
    yield* writer.drain(); // waits while the buffers are full
  }
  writer.close();
  yield* writer.waitClosed();
}

export function* main(): Steps<string[]> {
  const path = `\0selectloop-merge-${process.pid}`; // the leading zero byte: an abstract name, without a file
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
