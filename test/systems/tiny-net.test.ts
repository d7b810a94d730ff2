/** Tests the three echo servers of `examples/tiny/net` and their clients; `echo-servers.test.ts` tests them under load. */

import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ChildProgram } from '../support/child-program.js';
import { runExample, startExample } from './programs.js';
import { shownBy } from './shown.js';

const shown = shownBy('examples/tiny/README.md');

interface Case {
  name: string;
  messages: string[];
  command: string;
}

const cases: Case[] = [
  { name: 'blocking', messages: ['hello', 'again'], command: 'tiny/net/blocking-echo -- client hello again' },
  { name: 'select', messages: ['one', 'three', 'two'], command: 'tiny/net/select-echo -- client one three two' },
  { name: 'selector', messages: ['one', 'three', 'two'], command: 'tiny/net/selector-echo -- client one three two' },
];

/** A connection, and everything received on it. */
class Conversation {
  received = '';

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.received += text));
  }

  static async with(port: number): Promise<Conversation> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Conversation(socket);
  }

  /** Waits until exactly `text` has been received. */
  async receives(text: string): Promise<void> {
    while (this.received.length < text.length) await once(this.socket, 'data');
    expect(this.received).toBe(text);
  }

  async ends(): Promise<void> {
    if (!this.socket.readableEnded) await once(this.socket, 'end');
  }
}

describe.each(cases)('net/$name-echo', ({ name, messages, command }) => {
  let server: ChildProgram;
  let port: number;

  beforeAll(async () => {
    server = startExample(`tiny/net/${name}-echo`, ['server', '--port', '0']);
    port = Number((await server.printed(/listening on 127\.0\.0\.1:(\d+)\n/))[1]);
  });

  afterAll(async () => {
    server.process.kill('SIGKILL');
    await server.ended;
  });

  it('has a client that prints the output of the README', async () => {
    const args = ['client', '--port', String(port), ...messages];
    expect(await runExample(`tiny/net/${name}-echo`, args)).toEqual(shown(command));
  });

  it('echoes everything that a client sent before it half-closed', async () => {
    const client = await Conversation.with(port);
    client.socket.end('LAST WORDS');
    await client.ends();
    expect(client.received).toBe('LAST WORDS');
  });

  it('survives a client that resets its connection after sending', async () => {
    const victim = await Conversation.with(port);
    victim.socket.on('error', () => undefined);
    victim.socket.write('X'.repeat(50_000));
    victim.socket.resetAndDestroy();
    const next = await Conversation.with(port);
    next.socket.end('STILL THERE\r\n');
    await next.ends();
    expect(next.received).toBe('STILL THERE\r\n');
  });

  const together =
    name === 'blocking'
      ? 'keeps a second client waiting until the first disconnects'
      : 'serves two clients concurrently';
  it(together, async () => {
    const [first, second] = [await Conversation.with(port), await Conversation.with(port)];
    first.socket.write('FIRST\r\n');
    second.socket.write('SECOND\r\n');
    await first.receives('FIRST\r\n');
    if (name === 'blocking') {
      await pause(20);
      expect(second.received).toBe('');
      first.socket.end();
    }
    await second.receives('SECOND\r\n');
    first.socket.end();
    second.socket.end();
    await Promise.all([first.ends(), second.ends()]);
  });

  if (name === 'selector')
    it('replies when the delimiter is complete, even if it was split between reads', async () => {
      const client = await Conversation.with(port);
      client.socket.setNoDelay(true);
      for (const piece of ['ab', 'cdefg', 'h\r']) {
        client.socket.write(piece);
        await pause(10);
      }
      expect(client.received).toBe('');
      client.socket.write('\nnext');
      await client.receives('ABCDEFGH\r\n');
      client.socket.end();
      await client.ends();
      expect(client.received).toBe('ABCDEFGH\r\nNEXT');
    });

  if (name !== 'selector')
    it('echoes all byte values unchanged', async () => {
      const client = await Conversation.with(port);
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1');
      client.socket.end(bytes, 'latin1');
      await client.ends();
      expect(client.received).toBe(bytes);
    });
});
