/** A viewer of a door in another process, for a loop that stands still. */

import { type Socket, connect } from 'node:net';
import { createInterface } from 'node:readline';

import { doorFiles } from '../../lib/inspect/directory.js';
import type { ThreadLine } from '../../lib/inspect/protocol.js';

/** Returns the socket of a process's first door, once it has one. */
export async function doorOf(pid: number): Promise<string> {
  for (;;) {
    const door = doorFiles().find((each) => each.pid === pid);
    if (door !== undefined) return door.path;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One connection. */
export class ProcessViewer {
  private readonly socket: Socket;
  private readonly lines: AsyncIterator<string>;

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on('error', () => undefined);
    this.lines = createInterface({ input: this.socket })[Symbol.asyncIterator]();
    this.send({ hello: 1 });
  }

  send(request: object): void {
    this.socket.write(`${JSON.stringify(request)}\n`);
  }

  /** Returns the next line that has this key. */
  async next<Key extends keyof ThreadLine>(key: Key): Promise<ThreadLine[Key]> {
    for (;;) {
      const result = await this.lines.next();
      if (result.done === true) throw new Error(`the connection ended before a line with ${key}`);
      const line = JSON.parse(result.value) as ThreadLine;
      if (line.error !== undefined && key !== 'error') throw new Error(line.error);
      if (key in line) return line[key];
    }
  }

  /** Returns where the loop stops next. */
  async stopped(): Promise<NonNullable<ThreadLine['paused']>> {
    for (;;) {
      const pause = await this.next('paused');
      if (pause !== null && pause !== undefined) return pause;
    }
  }

  async ask<Key extends 'loop' | 'tasks'>(table: Key, more: object = {}): Promise<NonNullable<ThreadLine[Key]>> {
    this.send({ want: [table], ...more });
    return (await this.next(table)) as NonNullable<ThreadLine[Key]>;
  }

  /** Leaves without a word, as a viewer that is killed. */
  leave(): void {
    this.socket.destroy();
  }
}
