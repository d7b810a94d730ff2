/** The files of UNIX sockets: who may replace them, and who may connect. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import {
  type DatagramProtocol,
  type Server,
  type Steps,
  createDatagramEndpoint,
  createTask,
  createUnixServer,
  openUnixConnection,
  run,
  startUnixServer,
} from 'selectloop';
import { AF_UNIX, SOCK_DGRAM, Socket } from 'selectloop/sockets';

import { errorOf, everyLoop } from '../support/every-loop.js';
import { Opened } from '../support/sockets.js';

let directory = '';
let path = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'selectloop-'));
  path = join(directory, 'socket');
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

const quiet = (): object => ({});
const receiver = (): DatagramProtocol => ({ datagramReceived: () => undefined });

/** What is served at `path`: the bytes that a client gets. */
function* greetingAt(): Steps<string> {
  const { reader, writer } = yield* openUnixConnection(path);
  const text = String(yield* reader.read());
  writer.close();
  yield* writer.waitClosed();
  return text;
}

function greet(text: string, options: object = {}): Steps<Server> {
  function* handler(_reader: unknown, writer: { write(data: Buffer): void; close(): void }): Steps<void> {
    writer.write(Buffer.from(text));
    writer.close();
  }
  return startUnixServer(handler, path, options)[Symbol.iterator]();
}

/** Leaves the file of a socket that is closed. */
function leaveStale(type?: number): void {
  using opened = new Opened();
  opened.socket(AF_UNIX, type).bind({ path });
}

const modeOf = (file = path): string => (statSync(file).mode & 0o777).toString(8);

describe.each(everyLoop)('the path of a UNIX server ($name)', (kind) => {
  it('is refused with EADDRINUSE while another server listens there, which is not disturbed', () =>
    kind.run(function* () {
      const first = yield* greet('first');
      const before = statSync(path).ino;
      expect(yield* errorOf(createTask(() => greet('second')))).toMatchObject({
        code: 'EADDRINUSE',
        syscall: 'bind',
        path,
      });
      expect(statSync(path).ino).toBe(before);
      expect(yield* greetingAt()).toBe('first');
      first.close();
      yield* first.waitClosed();
      expect(readdirSync(directory)).toEqual([]);
    }));

  it('is refused while the server there has a full queue, without waiting for it', () =>
    kind.run(function* () {
      using opened = new Opened();
      const busy = opened.socket(AF_UNIX);
      busy.bind({ path });
      busy.listen(0);
      while (opened.socket(AF_UNIX).connectEx({ path }) === 0);
      expect(yield* errorOf(createTask(() => createUnixServer(quiet, path)))).toMatchObject({ code: 'EADDRINUSE' });
      expect(existsSync(path)).toBe(true);
    }));

  it('is taken over with replace: true, and open connections continue', () =>
    kind.run(function* () {
      const first = yield* startUnixServer(function* (reader, writer) {
        writer.write(yield* reader.readline());
        writer.close();
      }, path);
      const old = yield* openUnixConnection(path);
      const second = yield* greet('second', { replace: true });
      expect(yield* greetingAt()).toBe('second');
      old.writer.write(Buffer.from('still here\n'));
      expect(String(yield* old.reader.read())).toBe('still here\n');
      old.writer.close();
      first.close();
      expect(yield* greetingAt()).toBe('second');
      second.close();
      yield* first.waitClosed();
      yield* second.waitClosed();
      expect(readdirSync(directory)).toEqual([]);
    }));

  it('is refused while a socket is bound there that does not listen yet', () =>
    kind.run(function* () {
      const first = yield* greet('first', { startServing: false });
      expect(yield* errorOf(createTask(() => greet('second')))).toMatchObject({ code: 'EADDRINUSE' });
      yield* first.startServing();
      expect(yield* greetingAt()).toBe('first');
      first.close();
      yield* first.waitClosed();
      expect(readdirSync(directory)).toEqual([]);
    }));

  it('is taken from a socket that is gone', () =>
    kind.run(function* () {
      leaveStale();
      const server = yield* greet('here');
      expect(yield* greetingAt()).toBe('here');
      expect(readdirSync(directory)).toEqual(['socket']);
      server.close();
      yield* server.waitClosed();
    }));

  it.each([false, true])('is never taken from what is no socket, with replace: %s', (replace) =>
    kind.run(function* () {
      const kinds: Array<() => void> = [
        () => writeFileSync(path, 'precious'),
        () => mkdirSync(path),
        () => symlinkSync('/nowhere', path),
        () => {
          using opened = new Opened();
          opened.socket(AF_UNIX).bind({ path: `${path}-target` });
          symlinkSync(`${path}-target`, path);
        },
      ];
      for (const make of kinds) {
        make();
        const before = readdirSync(directory);
        const failing = createTask(() => createUnixServer(quiet, path, { replace }));
        expect(yield* errorOf(failing)).toMatchObject({ code: 'EADDRINUSE' });
        expect(readdirSync(directory)).toEqual(before);
        rmSync(path, { recursive: true });
      }
    }),
  );
});

describe('replacing the file of a UNIX socket', () => {
  it('puts a live server back that has taken the path since it was probed', () =>
    run(function* () {
      using opened = new Opened();
      leaveStale();
      const rival = opened.socket(AF_UNIX);
      const original = Socket.prototype.connectEx;
      const probe = vi.spyOn(Socket.prototype, 'connectEx').mockImplementationOnce(function (this: Socket, address) {
        const result = original.call(this, address);
        unlinkSync(path);
        rival.bind({ path });
        rival.listen();
        return result;
      });
      expect(yield* errorOf(createTask(() => greet('second')))).toMatchObject({ code: 'EADDRINUSE' });
      expect(probe).toHaveBeenCalledTimes(1);
      expect(opened.socket(AF_UNIX).connectEx({ path })).toBe(0);
      expect(readdirSync(directory)).toEqual(['socket']);
    }));

  it('puts the file back when the bind fails', () =>
    run(function* () {
      const first = yield* greet('first');
      const original = Socket.prototype.bind;
      let binds = 0;
      vi.spyOn(Socket.prototype, 'bind').mockImplementation(function (this: Socket, address) {
        binds += 1;
        if (binds === 2) throw new Error('no memory');
        original.call(this, address);
      });
      const failing = createTask(() => greet('second', { replace: true }));
      expect(yield* errorOf(failing)).toMatchObject({ message: 'no memory' });
      expect(yield* greetingAt()).toBe('first');
      first.close();
      yield* first.waitClosed();
      expect(readdirSync(directory)).toEqual([]);
    }));

  it('leaves a socket alone that is bound to a relative or unusual path and does not listen', () =>
    run(function* () {
      using opened = new Opened();
      const paths = [
        relative(process.cwd(), path),
        `${path} with a space`,
        Buffer.concat([Buffer.from(`${path}-`), Buffer.from([0xff, 0x20, 0xfe])]),
      ];
      for (const bound of paths) {
        opened.socket(AF_UNIX).bind({ path: bound });
        expect(yield* errorOf(createTask(() => createUnixServer(quiet, bound)))).toMatchObject({ code: 'EADDRINUSE' });
        const server = yield* createUnixServer(quiet, bound, { replace: true });
        server.close();
      }
      expect(readdirSync(directory)).toEqual([]);
    }));

  it('takes the path of a closed listener whose connections are still open', () =>
    run(function* () {
      using opened = new Opened();
      const listener = opened.socket(AF_UNIX);
      listener.bind({ path });
      listener.listen();
      opened.socket(AF_UNIX).connect({ path });
      const accepted = listener.accept().socket;
      listener.close();
      const server = yield* greet('here');
      expect(yield* greetingAt()).toBe('here');
      server.close();
      yield* server.waitClosed();
      accepted.close();
    }));

  it('works for a path that is no text', () =>
    run(function* () {
      const bytes = Buffer.concat([Buffer.from(`${path}-`), Buffer.from([0xff, 0xfe])]);
      const first = yield* createUnixServer(quiet, bytes);
      expect(yield* errorOf(createTask(() => createUnixServer(quiet, bytes)))).toMatchObject({ code: 'EADDRINUSE' });
      const second = yield* createUnixServer(quiet, bytes, { replace: true, mode: 0o600 });
      expect(readdirSync(Buffer.from(directory), { encoding: 'buffer' }).length).toBe(1);
      first.close();
      second.close();
      expect(readdirSync(directory)).toEqual([]);
    }));
});

describe('the mode of the file of a UNIX socket', () => {
  it.each([0o000, 0o600, 0o620, 0o660, 0o666, 0o777])('is %i from the bind on, whatever the umask', (mode) =>
    run(function* () {
      const original = Socket.prototype.bind;
      const atBind: number[] = [];
      vi.spyOn(Socket.prototype, 'bind').mockImplementation(function (this: Socket, address) {
        original.call(this, address);
        atBind.push(statSync(path).mode & 0o777);
      });
      const atListen: string[] = [];
      const listen = Socket.prototype.listen;
      vi.spyOn(Socket.prototype, 'listen').mockImplementation(function (this: Socket, backlog) {
        atListen.push(modeOf());
        listen.call(this, backlog);
      });
      const umask = process.umask(0o027);
      try {
        const server = yield* createUnixServer(quiet, path, { mode });
        expect(atBind.map((bits) => bits & ~mode)).toEqual([0]); // never more than asked for
        expect(atListen).toEqual([mode.toString(8)]);
        server.close();
        expect(process.umask(0o027)).toBe(0o027); // not changed
      } finally {
        process.umask(umask);
      }
    }),
  );

  it('is left to the umask by default', () =>
    run(function* () {
      const umask = process.umask(0o027);
      try {
        const server = yield* createUnixServer(quiet, path);
        expect(modeOf()).toBe('750');
        server.close();
      } finally {
        process.umask(umask);
      }
    }));

  it.each([
    [{ mode: '660' }, 'createUnixServer: mode: expected permissions, an integer from 0 to 0o777, got "660"'],
    [{ mode: 0o1000 }, 'got 512'],
    [{ mode: -1 }, 'got -1'],
    [{ replace: 1 }, 'createUnixServer: replace: expected a boolean, got 1'],
  ])('and replace are checked: %j', (options, message) => {
    expect(() => createUnixServer(quiet, path, options as object)).toThrow(message);
  });

  it('needs a path in the file system', () => {
    expect(() => createUnixServer(quiet, '\0name', { mode: 0o600 })).toThrow(
      'createUnixServer: mode: expected undefined, because an abstract name has no file, got 384',
    );
    using opened = new Opened();
    const socket = opened.socket(AF_UNIX);
    expect(() => createUnixServer(quiet, null, { socket, replace: true })).toThrow(
      'createUnixServer: replace: expected undefined, because there is no path to bind to, got true',
    );
  });
});

describe('the path of a datagram endpoint', () => {
  it('is refused while another socket receives there, taken over with replace: true, and has a mode', () =>
    run(function* () {
      using opened = new Opened();
      leaveStale(SOCK_DGRAM);
      const open = (options: object = {}) => createDatagramEndpoint(receiver, { localAddress: { path }, ...options });
      const first = yield* open();
      expect(yield* errorOf(createTask(() => open()))).toMatchObject({ code: 'EADDRINUSE', path });
      const second = yield* open({ replace: true, mode: 0o622 });
      expect(modeOf()).toBe('622');
      expect(readdirSync(directory)).toEqual(['socket']);
      const sender = opened.socket(AF_UNIX, SOCK_DGRAM);
      expect(sender.connectEx({ path })).toBe(0);
      first.transport.close();
      second.transport.close();
    }));

  it('is refused while a stream socket listens there', () =>
    run(function* () {
      const server = yield* greet('stream');
      const failing = createTask(() => createDatagramEndpoint(receiver, { localAddress: { path } }));
      expect(yield* errorOf(failing)).toMatchObject({ code: 'EADDRINUSE' });
      expect(yield* greetingAt()).toBe('stream');
      server.close();
      yield* server.waitClosed();
    }));

  it('must be there for mode and replace', () => {
    const localAddress = { host: '127.0.0.1', port: 0 };
    expect(() => createDatagramEndpoint(receiver, { localAddress, mode: 0o600 })).toThrow(
      'createDatagramEndpoint: mode: expected undefined, because there is no path to bind to, got 384',
    );
  });
});
