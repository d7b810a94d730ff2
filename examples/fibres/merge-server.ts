// A server on a UNIX socket merges the sorted lines of two clients; of each it holds one line, however much they send.
// Watch the first client send everything at once and the second slowly: a line comes out as soon as no smaller one can follow.
// Merging needs to ask "the next line of this one, now of that one". In a coroutine that is a loop; with callbacks it is a puzzle.

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

/** So many bytes are asked for at a time: what the server holds of a client is a line, and less than this of the next. */
const CHUNK = 64;

/** Listens at `path`, waits for two clients, emits their lines in order, and closes. */
export function* mergeServer(path: string, emit: (line: string) => void): Steps<void> {
  using listener = new Socket(AF_UNIX);
  listener.setBlocking(false);
  listener.bind({ path });
  listener.listen();
  using first = (yield* sockAccept(listener)).socket;
  using second = (yield* sockAccept(listener)).socket;
  yield* merge(linesOf(first), linesOf(second), emit);
}

/** The lines of two streams in order, each as soon as it is known to be next. */
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

/** One character for each byte, so that no letter is cut in half; the order is that of the bytes. */
function linesOf(socket: Socket): LineStream {
  return new LineStream(function* () {
    const chunk = yield* sockRecv(socket, CHUNK);
    return chunk.length === 0 ? null : chunk.toString('latin1');
  });
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
