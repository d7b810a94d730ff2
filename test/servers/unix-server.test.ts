/** Servers and connections on paths. */

import { existsSync, mkdtempSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Protocol, createTask, createUnixConnection, createUnixServer } from 'selectloop';
import { AF_UNIX } from 'selectloop/sockets';

import { errorOf, everyLoop } from '../support/every-loop.js';
import { Recording, until } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';

let directory = '';
let count = 0;
const freshPath = (): string => join(directory, `socket-${(count += 1)}`);
const quiet = (): Protocol => ({});

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'selectloop-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe.each(everyLoop)('UNIX servers ($name)', ({ run }) => {
  it.each([
    ['a path', freshPath],
    ['an abstract name', () => `\0selectloop-test-${process.pid}-${(count += 1)}`],
  ])('serve on %s', (_, name) =>
    run(function* () {
      const path = name();
      const served: Recording = new Recording({ dataReceived: (data) => served.transport.write(data) });
      const server = yield* createUnixServer(() => served, path);
      const client = yield* createUnixConnection(() => new Recording(), path);
      expect(client.transport.getExtraInfo('peername')).toEqual({ path });
      client.transport.write(Buffer.from('hello'));
      yield* until(() => client.protocol.received === 'hello');
      client.transport.close();
      server.close();
      yield* server.waitClosed();
      yield* client.protocol.lost;
    }),
  );

  it('closing the server removes its file, and starting one replaces a stale file', () =>
    run(function* () {
      using opened = new Opened();
      const path = freshPath();
      const stale = opened.socket(AF_UNIX);
      stale.bind({ path });
      stale.close();
      expect(existsSync(path)).toBe(true);
      const server = yield* createUnixServer(quiet, path);
      expect(statSync(path).isSocket()).toBe(true);
      server.close();
      expect(existsSync(path)).toBe(false);
    }));

  it('the file of a bound socket passed to the server is also removed', () =>
    run(function* () {
      using opened = new Opened();
      const path = freshPath();
      const socket = opened.socket(AF_UNIX);
      socket.bind({ path });
      const server = yield* createUnixServer(quiet, null, { socket });
      server.close();
      expect(existsSync(path)).toBe(false);
      expect(socket.fileno()).toBe(-1);
    }));

  it('a missing file is ignored, a replaced one is kept, and cleanupSocket: false keeps the file', () =>
    run(function* () {
      const [gone, replaced, kept] = [freshPath(), freshPath(), freshPath()];
      const first = yield* createUnixServer(quiet, gone);
      unlinkSync(gone);
      first.close();
      const second = yield* createUnixServer(quiet, replaced);
      const successor = yield* createUnixServer(quiet, replaced, { replace: true });
      second.close();
      expect(existsSync(replaced)).toBe(true);
      const client = yield* createUnixConnection(() => new Recording(), replaced);
      client.transport.close();
      yield* client.protocol.lost;
      successor.close();
      expect(existsSync(replaced)).toBe(false);
      const third = yield* createUnixServer(quiet, kept, { cleanupSocket: false });
      third.close();
      expect(existsSync(kept)).toBe(true);
      yield* successor.waitClosed();
    }));

  it('a file of another kind at the path is not removed', () =>
    run(function* () {
      const path = freshPath();
      writeFileSync(path, 'precious');
      const failing = createTask(() => createUnixServer(quiet, path));
      expect(yield* errorOf(failing)).toMatchObject({ code: 'EADDRINUSE', path });
      expect(statSync(path).isFile()).toBe(true);
    }));

  it('contradictory path and socket are rejected, and a missing path fails with ENOENT', () =>
    run(function* () {
      using opened = new Opened();
      const [a] = opened.pair();
      const inet = opened.socket();
      for (const method of [createUnixConnection, createUnixServer]) {
        expect(() => method(quiet, '/tmp/x', { socket: a })).toThrow(TypeError);
        expect(() => method(quiet, null)).toThrow(/expected a path, got null/);
        expect(() => method(quiet, null, { socket: inet })).toThrow(/expected a UNIX socket/);
        expect(() => method(5 as never, '/tmp/x')).toThrow(TypeError);
      }
      expect(() => createUnixServer(quiet, '/tmp/x', { cleanupSocket: 1 as never })).toThrow(TypeError);
      const path = freshPath();
      expect(yield* errorOf(createTask(() => createUnixConnection(quiet, path)))).toMatchObject({
        code: 'ENOENT',
        path,
      });
      const tooLong = createTask(() => createUnixServer(quiet, `/tmp/${'x'.repeat(120)}`));
      expect(yield* errorOf(tooLong)).toBeInstanceOf(RangeError);
    }));
});
