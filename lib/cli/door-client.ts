/** A connection to the inspector thread of another process. */

import { type Socket, createConnection } from 'node:net';
import { createInterface } from 'node:readline';

import type { DoorFile } from '../inspect/directory.js';
import { type HelloAnswer, PROTOCOL_VERSION, type ThreadLine } from '../inspect/protocol.js';

/** How long a loop may take to let us in, or to answer. A thread that starts on a busy machine takes a second. */
const PATIENCE_MS = 5000;

/** Writes requests to a door, and reads its lines. */
export class DoorClient implements Disposable {
  readonly hello: Promise<HelloAnswer>;
  private readonly socket: Socket;
  private closing = false;

  /** @param onLine called for each line after the first; @param onEnd called once, with the reason */
  constructor(
    private readonly door: DoorFile,
    private readonly onLine: (line: ThreadLine) => void,
    private readonly onEnd: (error: Error) => void,
  ) {
    this.socket = createConnection(door.path);
    this.hello = this.greet();
    this.hello.catch(() => undefined); // `onEnd` is called as well
  }

  /** Sends a request. */
  send(request: object): void {
    this.socket.write(`${JSON.stringify(request)}\n`);
  }

  /** Disconnects. */
  [Symbol.dispose](): void {
    this.closing = true;
    this.socket.destroy();
  }

  private greet(): Promise<HelloAnswer> {
    const { socket, door } = this;
    return new Promise((resolve, reject) => {
      const end = (message: string): void => {
        clearTimeout(patience);
        if (this.closing) return;
        this[Symbol.dispose]();
        const error = new Error(message);
        reject(error);
        this.onEnd(error);
      };
      const patience = setTimeout(() => end(stuckMessage(door.name, PATIENCE_MS)), PATIENCE_MS);
      let reason = 'the program has ended';
      socket.on('error', (error) => end(connectMessage(door, error)));
      socket.on('close', () => end(`${door.name}: ${reason}`));
      createInterface({ input: socket }).on('line', (text) => {
        const line = JSON.parse(text) as ThreadLine;
        if (line.hello !== undefined) {
          clearTimeout(patience);
          resolve(line.hello);
        } else if (line.stuck !== undefined) end(stuckIn(door.name, line.stuck));
        else if (line.bye !== undefined) reason = line.bye;
        else if (line.error !== undefined) end(`${door.name}: ${line.error}`);
        else if (line.silent !== undefined && line.silent >= PATIENCE_MS) end(stuckMessage(door.name, line.silent));
        else this.onLine(line);
      });
      this.send({ hello: PROTOCOL_VERSION });
    });
  }
}

function stuckMessage(name: string, ms: number): string {
  return `the loop of ${name} has not answered for ${ms / 1000} s: it is stuck in a handle, or does not run`;
}

function stuckIn(name: string, { ms, frames }: { ms: number; frames: readonly string[] }): string {
  return `the loop of ${name} is stuck for ${(ms / 1000).toFixed(1)} s in ${frames.join(', called by ')}`;
}

function connectMessage({ name, pid }: DoorFile, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return `the door ${name} is closed, or process ${pid} has ended`;
  return code === 'EACCES' ? `the door ${name} belongs to another user` : `${name}: ${message}`;
}
