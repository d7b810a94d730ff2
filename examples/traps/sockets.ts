/**
 * Sockets for programs of `os.ts`. The operations look like traps, but are sub-coroutines made of traps.
 *
 * They are used with `yield` (which runs them on the task's own stack) or with `yield*` (a feature of the language). Only with
 * `yield*` does TypeScript know the type of the answer.
 */

import type { Socket as RawSocket } from 'selectloop/sockets';
import { type Address } from 'selectloop/sockets';

import type { Program } from './os.js';
import { ReadWait, WriteWait } from './system-calls.js';

/** Waits for a connection. */
export function* Accept(listener: RawSocket): Program<RawSocket> {
  for (;;) {
    yield new ReadWait(listener);
    const socket = tryNonBlocking(() => listener.accept().socket);
    if (socket === undefined) continue; // another process accepted the connection first
    socket.setBlocking(false);
    return socket;
  }
}

/** Waits for data and returns up to `n` bytes of it. An empty buffer means EOF. */
export function* Recv(socket: RawSocket, n: number): Program<Buffer> {
  for (;;) {
    yield new ReadWait(socket);
    const data = tryNonBlocking(() => socket.recv(n));
    if (data !== undefined) return data;
  }
}

/** Sends all of `data`. */
export function* Send(socket: RawSocket, data: Uint8Array): Program {
  for (let sent = 0; sent < data.length;) {
    yield new WriteWait(socket);
    sent += tryNonBlocking(() => socket.send(data.subarray(sent))) ?? 0;
  }
}

/** A socket whose operations are sub-coroutines. */
export class Socket {
  constructor(private readonly raw: RawSocket) {
    raw.setBlocking(false);
  }

  *accept(): Program<Socket> {
    return new Socket(yield* Accept(this.raw));
  }

  recv(n: number): Program<Buffer> {
    return Recv(this.raw, n);
  }

  send(data: Uint8Array): Program {
    return Send(this.raw, data);
  }

  getsockname(): Address {
    return this.raw.getsockname();
  }

  close(): void {
    this.raw.close();
  }
}

function tryNonBlocking<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch (error) {
    if ((error as { code?: string }).code === 'EAGAIN') return undefined;
    throw error;
  }
}
