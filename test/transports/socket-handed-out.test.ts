/** A program that has requested the socket of a transport sees the same system calls as without other connections. */

import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Steps, type Task, type Transport, createSubprocess, createTask, sockSendFile } from 'selectloop';
import type { Socket } from 'selectloop/sockets';
import { afterAll, describe, expect, it } from 'vitest';

import { ended, greeted } from '../support/connections.js';
import { everyLoop } from '../support/every-loop.js';
import { drained, until } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-handed-out-'));
afterAll(() => rmSync(folder, { recursive: true }));
const bodyFile = join(folder, 'body');
writeFileSync(bodyFile, 'body');

describe.each(everyLoop)('connections whose socket was requested ($name)', ({ run }) => {
  it('every write is sent immediately', () =>
    run(function* () {
      using opened = new Opened();
      const seen: Array<string | null> = [];
      const all = yield* greeted(opened, 3, (i, others) => ({
        connectionMade: (transport: Transport) => void transport.getExtraInfo('socket'),
        dataReceived(data: Buffer) {
          others[i]!.transport.write(data);
          seen.push(drained(others[i]!.peer));
        },
      }));
      yield* until(() => seen.length === 3);
      expect(seen).toEqual(['hello', 'hello', 'hello']);
      yield* ended(all);
    }));

  it('a written head is sent before the bytes of a child, a file or the socket itself', () =>
    run(function* () {
      using opened = new Opened();
      const file = openSync(bodyFile, 'r');
      const add: Array<(socket: Socket) => Steps<unknown>> = [
        function* (socket) {
          const child = yield* createSubprocess('echo', ['-n', 'body'], { stdout: socket });
          yield* child.wait();
        },
        (socket) => sockSendFile(socket, file)[Symbol.iterator](),
        function* (socket) {
          socket.dup().sendAll(Buffer.from('body'));
        },
      ];
      const tasks: Task[] = [];
      const all = yield* greeted(opened, 3, (i, others) => ({
        dataReceived() {
          const { transport } = others[i]!;
          transport.write(Buffer.from('head '));
          tasks.push(createTask(add[i]!(transport.getExtraInfo('socket')!), { eagerStart: true }));
        },
      }));
      yield* until(() => tasks.length === 3);
      for (const task of tasks) yield* task;
      expect(all.map(({ peer }) => drained(peer))).toEqual(Array(3).fill('head body'));
      closeSync(file);
      yield* ended(all);
    }));

  it("nothing is received before the connection's turn", () =>
    run(function* () {
      using opened = new Opened();
      const sockets: Socket[] = [];
      // The first reader takes the bytes of all other sockets.
      let taken: string[] | null = null;
      const all = yield* greeted(opened, 3, (i) => ({
        connectionMade: (transport: Transport) => void sockets.push(transport.getExtraInfo('socket')!),
        dataReceived() {
          taken ??= sockets.filter((_, j) => j !== i).map((socket) => String(socket.recv(100)));
        },
      }));
      yield* until(() => taken !== null);
      expect(taken).toEqual(['hello', 'hello']);
      yield* ended(all);
    }));
});
