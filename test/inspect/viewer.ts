/** A viewer that is a task of the loop that it looks into: so it works in a blocking loop also, and needs no other process. */

import { type Steps, type StreamReader, type StreamWriter, openUnixConnection } from 'selectloop';

import type { ThreadLine } from '../../lib/inspect/protocol.js';

/** One connection to a door. */
export class TestViewer {
  private constructor(
    private readonly reader: StreamReader,
    private readonly writer: StreamWriter,
  ) {}

  /** Connects, and sends `first`; without it, nothing. */
  static *connect(path: string, first: string | null = '{"hello":1}'): Steps<TestViewer> {
    const { reader, writer } = yield* openUnixConnection(path, { limit: 1 << 24 });
    const viewer = new TestViewer(reader, writer);
    if (first !== null) viewer.write(`${first}\n`);
    return viewer;
  }

  write(text: string | Buffer): void {
    this.writer.write(Buffer.from(text));
  }

  /** Sends a request. */
  send(request: object): void {
    this.write(`${JSON.stringify(request)}\n`);
  }

  /** Returns the next line; null at EOF. */
  *line(): Steps<ThreadLine | null> {
    const line = yield* this.reader.readline();
    if (line.length > 0) return JSON.parse(line.toString()) as ThreadLine;
    this.writer.close();
    return null;
  }

  /** Returns the next line that has this key, whatever its value. */
  *lineWith(key: keyof ThreadLine): Steps<ThreadLine> {
    for (;;) {
      const line = yield* this.line();
      if (line === null) throw new Error(`the connection ended before a line with ${key}`);
      if (key in line) return line;
    }
  }

  /** Returns the next line with a value for this key. */
  *next<Key extends keyof ThreadLine>(key: Key): Steps<NonNullable<ThreadLine[Key]>> {
    for (;;) {
      const line = yield* this.line();
      if (line === null) throw new Error(`the connection ended before a line with ${key}`);
      if (line.error !== undefined && key !== 'error') throw new Error(line.error);
      if (line[key] !== undefined) return line[key];
    }
  }

  /** Asks for a table once. */
  *ask<Key extends 'loop' | 'tasks' | 'tree' | 'sockets' | 'lag' | 'trace'>(
    table: Key,
    more: object = {},
  ): Steps<NonNullable<ThreadLine[Key]>> {
    this.send({ want: [table], ...more });
    return yield* this.next(table);
  }

  *close(): Steps<void> {
    this.writer.close();
    yield* this.writer.waitClosed();
  }
}
