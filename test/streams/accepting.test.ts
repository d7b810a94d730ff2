/** Servers without a handler: their program accepts the connections, one by one. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type Steps,
  type StreamServer,
  type Streams,
  createTask,
  isCancelled,
  openConnection,
  openUnixConnection,
  run,
  sleep,
  startServer,
  startUnixServer,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelled, everyLoop, hostedLoops, turns, waiting } from '../support/every-loop.js';

const bytes = (text: string): Buffer => Buffer.from(text);

/** Connects clients that send their name. */
function* clients(server: StreamServer, names: readonly string[]): Steps<Streams[]> {
  const all: Streams[] = [];
  for (const name of names) {
    const client = yield* openConnection('127.0.0.1', server.port);
    client.writer.write(bytes(`${name}\n`));
    all.push(client);
  }
  return all;
}

function closeAll(server: StreamServer, connections: readonly Streams[]): void {
  for (const { writer } of connections) writer.close();
  server.close();
}

/** The number of connections that the server has accepted and that are open. */
const open = (server: StreamServer): number => Number(/connections: (\d+)/.exec(String(server))![1]);

describe.each(everyLoop)('accept, $name', ({ run: runOn }) => {
  it('returns the connections in order, one for each call, and null once the server is closed', () =>
    runOn(function* () {
      const server = yield* startServer('127.0.0.1', 0);
      const connected = yield* clients(server, ['first', 'second', 'third']);
      yield* sleep(5);
      expect(open(server)).toBe(0); // nothing asks, so all three wait in the kernel
      const served: Streams[] = [];
      for (const name of ['first', 'second']) {
        const connection = (yield* server.accept())!;
        served.push(connection);
        expect(String(yield* connection.reader.readline())).toBe(`${name}\n`);
        yield* sleep(1);
        expect(open(server)).toBe(served.length);
      }
      const waiter = createTask(() => server.accept());
      const late = createTask(() => server.accept());
      served.push((yield* waiter)!);
      closeAll(server, [...connected, ...served]);
      expect(yield* late).toBeNull();
      expect(yield* server.accept()).toBeNull();
      yield* server.waitClosed();
      expect(waiting().readers).toBe(0);
    }));

  it('loses no connection when it is cancelled, even if one has just arrived', () =>
    runOn(function* () {
      const server = yield* startServer('127.0.0.1', 0);
      yield* cancelled(createTask(() => server.accept()));
      const connected = yield* clients(server, ['first']);
      // Cancelled after each number of iterations, until it is too late: the connection is taken, or stays for the next call.
      let served: Streams | null = null;
      for (let steps = 0; served === null; steps += 1) {
        const waiter = createTask(() => server.accept());
        yield* turns(steps);
        waiter.cancel();
        try {
          served = yield* waiter;
        } catch (error) {
          if (!isCancelled(error)) throw error;
        }
      }
      expect(String(yield* served.reader.readline())).toBe('first\n');
      closeAll(server, [...connected, served]);
      yield* server.waitClosed();
    }));
});

describe.each(hostedLoops)('for await over a server, $name', ({ selector }) => {
  it('serves connection by connection, ends when the server is closed, and may be left and continued', () =>
    run(
      async () => {
        const server = await startServer('127.0.0.1', 0);
        const connected = await createTask(clients(server, ['first', 'second', 'third']));
        const names: string[] = [];
        const serve = async (most: number): Promise<void> => {
          for await (const { reader, writer } of server) {
            names.push(String(await reader.readline()).trim());
            writer.close();
            if (names.length === most) break;
          }
        };
        await serve(1);
        await sleep(5);
        expect(server.isServing()).toBe(true);
        expect(open(server)).toBeLessThanOrEqual(1); // left: it accepts no more
        const rest = createTask(async () => await serve(Infinity));
        while (names.length < 3) await sleep(1);
        closeAll(server, connected);
        await rest;
        expect(names).toEqual(['first', 'second', 'third']);
        await server.waitClosed();
      },
      { selector },
    ));
});

describe('a server without a handler', () => {
  it('closes what was accepted for a call that was cancelled, when it is closed', () =>
    run(function* () {
      const server = yield* startServer('127.0.0.1', 0);
      const connected = yield* clients(server, ['first']);
      const waiter = createTask(() => server.accept());
      while (open(server) === 0) yield;
      waiter.cancel();
      yield* turns(2);
      if (waiter.cancelled()) expect(open(server)).toBe(1);
      else (yield* waiter)!.writer.close();
      server.close();
      yield* server.waitClosed();
      expect((yield* connected[0]!.reader.read()).length).toBe(0);
      closeAll(server, connected);
    }));

  it('listens on a UNIX socket, and has the options of other servers', () =>
    run(function* () {
      const folder = mkdtempSync(join(tmpdir(), 'selectloop-accepting-'));
      try {
        const server = yield* startUnixServer(join(folder, 'socket'), { limit: 10, startServing: false });
        yield* server.startServing();
        const client = yield* openUnixConnection(join(folder, 'socket'));
        const served = (yield* server.accept())!;
        expect(String(served.reader)).toContain('limit=10');
        closeAll(server, [client, served]);
        yield* server.waitClosed();
      } finally {
        rmSync(folder, { recursive: true });
      }
    }));

  it('throws for arguments that are neither a handler nor a host', () =>
    run(function* () {
      for (const wrong of [undefined, 5, {}]) {
        expect(() => startServer(wrong as never, '127.0.0.1', 0)).toThrow('startServer: handler: expected a function');
        expect(() => startUnixServer(wrong as never, '/tmp/x')).toThrow(
          'startUnixServer: handler: expected a function',
        );
      }
      expect(() => startServer('127.0.0.1', 5.5)).toThrow(/startServer: port: expected/);
      expect(() => startServer('127.0.0.1', 0, null as never)).toThrow(
        'startServer: options: expected an object of options',
      );
    }));
});
