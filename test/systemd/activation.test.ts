/** Socket activation and notices. The tests act as systemd: they bind, pass descriptors from 3 on, and read the notices. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  AF_UNIX,
  type Process,
  SOCK_DGRAM,
  Socket,
  type Steps,
  createSubprocess,
  createTask,
  getRunningLoop,
  isCancelled,
  listenFds,
  openConnection,
  openUnixConnection,
  run,
  runSync,
  sdNotify,
  startServer,
} from 'selectloop';
import { afterEach, describe, expect, it } from 'vitest';

import { Notices } from './support.js';

const NAMES = ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES', 'NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'];

afterEach(() => {
  for (const name of NAMES) Reflect.deleteProperty(process.env, name);
  process.env['NOTIFY_SOCKET'] = ''; // forgets the last one
  sdNotify('READY=1');
});

/** Starts a program as systemd does, in an ES module on descriptors 3 and up. */
function* start(source: string, sockets: readonly Socket[], env: Record<string, string>): Steps<Process> {
  const command = ['-c', 'LISTEN_PID=$$ exec "$0" --input-type=module --eval "$1"', process.execPath, source];
  return yield* createSubprocess('/bin/sh', command, {
    stdout: 'pipe',
    extraFds: sockets,
    env: { ...process.env, NODE_OPTIONS: '', LISTEN_FDS: String(sockets.length), ...env },
  });
}

const SERVICE = `
  import { createTask, run, sleep, startServer } from 'selectloop';
  import { execFileSync } from 'node:child_process';
  await run(async () => {
    const answer = async (reader, writer) => {
      const line = await reader.readline();
      await new Promise((resolve) => setTimeout(resolve, 2));
      writer.write(line);
      writer.close();
    };
    const server = await startServer(answer, '127.0.0.1', 1, { listenFds: 'echo' });
    const serving = createTask(server.serveUntil(['SIGINT', 'SIGTERM']));
    await sleep(0);
    const inherited = execFileSync('sh', ['-c', 'echo "$LISTEN_FDS$LISTEN_PID$LISTEN_FDNAMES$NOTIFY_SOCKET"; ls /proc/self/fd | wc -l']);
    console.log(String(inherited).split('\\n').join(' '));
    await serving;
  });
`;

it('restarts under load without a refused or a lost connection', async () => {
  const outcome = await run(function* () {
    using listener = new Socket();
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen(500);
    using notices = new Notices(`\0selectloop-test/${process.pid}`);
    const env = { LISTEN_FDNAMES: 'echo', NOTIFY_SOCKET: notices.address, WATCHDOG_USEC: '20000' };
    const { port } = listener.getsockname() as { port: number };
    const failures: unknown[] = [];
    let served = 0;
    let restarting = true;
    function* client(): Steps<void> {
      while (restarting) {
        try {
          const { reader, writer } = yield* openConnection('127.0.0.1', port);
          writer.write(Buffer.from('hello\n'));
          if (String(yield* reader.read()) === 'hello\n') served += 1;
          else failures.push('no reply');
          writer.close();
        } catch (error) {
          if (isCancelled(error)) throw error;
          failures.push(error);
        }
      }
    }
    let service = yield* start(SERVICE, [listener], env);
    const clients = Array.from({ length: 4 }, () => createTask(client)); // they wait in the queue until the service is there
    const codes: number[] = [];
    for (let round = 0; round < 2; round += 1) {
      yield* notices.until('READY=1');
      const before = served;
      while (served < before + 20) expect(yield* notices.next()).toBe('WATCHDOG=1');
      service.terminate();
      yield* notices.until('STOPPING=1');
      codes.push(yield* service.wait());
      const output = String(yield* service.stdout!.read());
      expect(output).toBe(' 4 \n'); // no variable, and 0, 1, 2 and the listing alone
      if (round === 0) service = yield* start(SERVICE, [listener], env);
      else restarting = false;
    }
    listener.close();
    for (const task of clients) task.cancel();
    return { failures, codes, served };
  });
  expect(outcome).toMatchObject({ failures: [], codes: [-15, -15] });
});

it('returns the passed sockets with their names, and leaves the file of a UNIX socket in its place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'selectloop-activation-'));
  try {
    const { lines, reply } = runSync(function* () {
      const path = join(folder, 'rpc.sock');
      using tcp = new Socket();
      using unix = new Socket(AF_UNIX);
      using udp = new Socket(undefined, SOCK_DGRAM);
      tcp.bind({ host: '127.0.0.1', port: 0 });
      unix.bind({ path });
      for (const socket of [tcp, unix]) socket.listen(7);
      using notices = new Notices(join(folder, 'notify'));
      const service = yield* start(
        `
        import { listenFds, runSync, startUnixServer } from 'selectloop';
        import { readFileSync } from 'node:fs';
        runSync(function* () {
          const server = yield* startUnixServer((reader, writer) => { writer.write(Buffer.from('hi')); writer.close(); }, '/nowhere', { listenFds: 'rpc' });
          for (const { name, socket } of listenFds()) console.log(name, socket.type, socket.fileno());
          console.log(listenFds().length, process.env.LISTEN_FDS);
          yield* server.serveUntil('SIGTERM', { exitBySignal: false });
        });`,
        [tcp, unix, udp],
        { LISTEN_FDNAMES: 'web:rpc:dns', NOTIFY_SOCKET: notices.address },
      );
      yield* notices.until('READY=1');
      const { reader } = yield* openUnixConnection(path);
      const greeting = String(yield* reader.read());
      service.terminate();
      const output = String(yield* service.stdout!.read());
      yield* service.wait();
      const { writer } = yield* openUnixConnection(path); // the next service would find it
      writer.close();
      return { lines: output, reply: greeting };
    });
    expect(lines).toBe('web 1 3\ndns 2 5\n0 undefined\n');
    expect(reply).toBe('hi');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('listenFds', () => {
  it.each<[Record<string, string>, string]>([
    [{ LISTEN_FDS: '1' }, 'listenFds: LISTEN_PID: expected a process id, got ""'],
    [{ LISTEN_FDS: '1', LISTEN_PID: '-1' }, 'listenFds: LISTEN_PID: expected a process id, got "-1"'],
    [{ LISTEN_FDS: 'all', LISTEN_PID: 'own' }, 'listenFds: LISTEN_FDS: expected a number >= 1, got "all"'],
    [{ LISTEN_FDS: '0', LISTEN_PID: 'own' }, 'listenFds: LISTEN_FDS: expected a number >= 1, got "0"'],
    [{ LISTEN_FDS: '1e3', LISTEN_PID: 'own' }, 'listenFds: LISTEN_FDS: expected a number >= 1, got "1e3"'],
    [
      { LISTEN_FDS: '2', LISTEN_PID: 'own', LISTEN_FDNAMES: 'one' },
      'listenFds: LISTEN_FDNAMES: expected 2 names, as LISTEN_FDS says, separated by \':\', got "one"',
    ],
  ])('refuses %o', (variables, message) => {
    Object.assign(process.env, variables, variables['LISTEN_PID'] === 'own' && { LISTEN_PID: String(process.pid) });
    expect(() => listenFds()).toThrow(message);
    expect(process.env['LISTEN_FDS']).toBeUndefined();
  });

  it('refuses descriptors that are no sockets', async () => {
    const { code, output } = await run(function* () {
      using listener = new Socket();
      listener.bind({ host: '127.0.0.1', port: 0 });
      const source =
        "import { listenFds } from 'selectloop'; try { listenFds(); } catch (e) { console.log(e.message); }";
      const service = yield* start(source, [listener], { LISTEN_FDS: '40' });
      return { output: String(yield* service.stdout!.read()), code: yield* service.wait() };
    });
    expect(code).toBe(0);
    expect(output).toMatch(/^listenFds: descriptor \d+ of LISTEN_FDS=40: expected a socket, got "E(BADF|NOTSOCK)"\n$/);
  });

  it('returns nothing if the variables are meant for another process, and the server then listens on its address', async () => {
    Object.assign(process.env, { LISTEN_FDS: '1', LISTEN_PID: '1' });
    expect(listenFds()).toEqual([]);
    await run(async () => {
      const server = await startServer(() => undefined, '127.0.0.1', 0, { listenFds: true });
      expect(server.port).toBeGreaterThan(0);
      server.close();
    });
    const wrong = (): unknown => startServer(() => undefined, '127.0.0.1', 0, { listenFds: 3 as never });
    expect(wrong).toThrow('startServer: listenFds: expected a boolean or the name of a socket, got 3');
  });
});

describe('sdNotify', () => {
  it('returns false without a manager', () => expect(sdNotify('READY=1')).toBe(false));

  it.each([
    [
      'relative',
      'sdNotify: NOTIFY_SOCKET: expected an absolute path or an abstract name that begins with \'@\', got "relative"',
    ],
    ['@', 'sdNotify: NOTIFY_SOCKET: expected an absolute path or an abstract name that begins with \'@\', got "@"'],
    ['/nonexistent/notify', 'ENOENT'],
  ])('refuses the address %s', (address, message) => {
    process.env['NOTIFY_SOCKET'] = address;
    expect(() => sdNotify('READY=1')).toThrow(message);
    expect(process.env['NOTIFY_SOCKET']).toBeUndefined();
  });

  it('refuses a state that is not an assignment, and a watchdog that is not a time', () => {
    expect(() => sdNotify(1 as never)).toThrow("sdNotify: expected assignments such as 'READY=1', got 1");
    expect(() => sdNotify('ready')).toThrow('sdNotify: expected assignments such as \'READY=1\', got "ready"');
    Object.assign(process.env, { NOTIFY_SOCKET: '@x', WATCHDOG_USEC: 'soon' });
    expect(() => sdNotify('READY=1')).toThrow('sdNotify: WATCHDOG_USEC: expected a number of microseconds, got "soon"');
  });

  it('a server whose manager has gone reports that, and serves', async () => {
    process.env['NOTIFY_SOCKET'] = `@selectloop-test/gone/${process.pid}`;
    const reports: string[] = [];
    await run(async () => {
      getRunningLoop().setExceptionHandler((_, { message }) => reports.push(message));
      const server = await startServer(() => undefined, '127.0.0.1', 0);
      const serving = server.serveUntil([]).then((signal) => signal);
      server.close();
      expect(await serving).toBeNull();
    });
    expect(reports).toEqual(['the service manager could not be notified']);
  });
});
