/** A server of files, without files: a download that breaks off continues where it stopped, and every byte is right. */

import {
  type Address,
  type Steps,
  createTask,
  sleep,
  sockAccept,
  sockConnect,
  sockRecv,
  sockSendAll,
  timeout,
} from 'selectloop';
import { AF_INET, SOL_SOCKET, SO_REUSEADDR, Socket } from 'selectloop/sockets';

import {
  OPTIONS,
  type Scenario,
  bytesOf,
  checkBytes,
  isExpected,
  trouble,
  untilDone,
  whenAllEnded,
} from './scenario.js';

const ADDRESS: Address = { host: '10.0.0.1', port: 80 };
const PIECE_BYTES = 10_000;
const REQUEST_MS = 30_000;

function newSocket(): Socket {
  const socket = new Socket(AF_INET);
  socket.setBlocking(false);
  return socket;
}

/** Reads up to a newline. Returns what is behind it too. */
function* head(socket: Socket): Steps<[line: string, rest: Buffer]> {
  let data = Buffer.alloc(0);
  while (!data.includes('\n')) {
    const part = yield* sockRecv(socket, 1000);
    if (part.length === 0) return ['', data];
    data = Buffer.concat([data, part]);
  }
  const end = data.indexOf('\n');
  return [data.toString('latin1', 0, end), data.subarray(end + 1)];
}

/** Answers `GET file from` with the number of bytes, a newline, and the bytes. */
function* answer(socket: Socket, sizes: readonly number[]): Steps<void> {
  try {
    const [line] = yield* timeout(REQUEST_MS, () => head(socket));
    const [, file, start] = /^GET (\d+) (\d+)$/.exec(line) ?? [];
    if (file === undefined) return;
    const size = sizes[Number(file)]!;
    yield* sockSendAll(socket, Buffer.from(`${size}\n`));
    for (let from = Number(start); from < size; from += PIECE_BYTES) {
      const piece = bytesOf(Number(file), from, Math.min(PIECE_BYTES, size - from));
      yield* timeout(REQUEST_MS, () => sockSendAll(socket, piece));
    }
  } catch (error) {
    if (!isExpected(error)) throw error;
  } finally {
    socket.close();
  }
}

function* serve(sizes: readonly number[]): Steps<boolean> {
  using listener = newSocket();
  listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, true); // connections of a former server keep the port in use
  listener.bind(ADDRESS);
  listener.listen();
  for (;;) {
    try {
      const { socket } = yield* sockAccept(listener);
      createTask(answer(socket, sizes));
    } catch (error) {
      if (!isExpected(error)) throw error;
      yield* sleep(20);
    }
  }
}

/** Downloads what is missing. Returns true when the file is complete. */
function* download(file: number, progress: { received: number }): Steps<boolean> {
  using socket = newSocket();
  yield* sockConnect(socket, ADDRESS);
  yield* sockSendAll(socket, Buffer.from(`GET ${file} ${progress.received}\n`));
  // A machine that loses its power says nothing: without a limit, the client would wait indefinitely.
  const [line, first] = yield* timeout(REQUEST_MS, () => head(socket));
  if (line === '') return false;
  for (let data = first; ; data = yield* timeout(REQUEST_MS, () => sockRecv(socket, 4096))) {
    if (data.length === 0 && data !== first) break;
    checkBytes(file, progress.received, data);
    progress.received += data.length;
  }
  return progress.received === Number(line);
}

export const files: Scenario = {
  options: OPTIONS,
  build(world) {
    const sizes = [0, 1, Math.floor(world.random() * 100_000)];
    world.host('server', () => untilDone(() => serve(sizes)));
    const clients = [1, 2].map((number) =>
      world.host(`client ${number}`, function* () {
        for (const [file, size] of sizes.entries()) {
          const progress = { received: 0 };
          yield* untilDone(() => download(file, progress));
          if (progress.received !== size)
            throw new Error(`file ${file}: expected ${size} bytes, got ${progress.received}`);
        }
      }),
    );
    world.at(300, () => {
      if (!world.chance(0.5, 'the crash of the server')) return;
      const power = world.random() < 0.5;
      world.crash('server', { power });
      world.at(700, () => world.restart('server'));
    });
    trouble(world, ['server', 'client 1', 'client 2']);
    return whenAllEnded(world, clients);
  },
};
