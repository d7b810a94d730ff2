/** `serveUntil`: serving until a signal, and stopping in order. */

import {
  Event,
  type OSError,
  type Server,
  Socket,
  type Steps,
  type StreamReader,
  type StreamWriter,
  createServer,
  createTask,
  getRunningLoop,
  openConnection,
  sleep,
  startServer,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';
import { cancelled, errorOf, everyLoop } from '../support/every-loop.js';

const raise = (signal: NodeJS.Signals = 'SIGUSR2'): void => void process.kill(process.pid, signal);

/** Echoes until EOF. */
function* echo(reader: StreamReader, writer: StreamWriter): Steps<void> {
  for (let data; (data = yield* reader.read(1000)).length > 0;) {
    writer.write(data);
    yield* writer.drain();
  }
  writer.close();
}

/** Waits until the server has stopped listening. */
function* stopped(server: Server): Steps<void> {
  while (server.isServing()) yield* sleep(1);
}

describe.each(everyLoop)('serveUntil ($name)', ({ run }) => {
  it('stops listening at the signal, and ends when its handlers have', async () => {
    const outcome = await run(function* () {
      const server = yield* startServer(echo, '127.0.0.1', 0);
      const { port } = server;
      const { reader, writer } = yield* openConnection('127.0.0.1', port);
      const serving = createTask(server.serveUntil(['SIGUSR2'], { graceMs: Infinity, exitBySignal: false }));
      yield* sleep(0);
      raise();
      yield* stopped(server);
      const refused = yield* errorOf(createTask(openConnection('127.0.0.1', port)));
      writer.write(Buffer.from('still served'));
      const reply = String(yield* reader.readExactly(12));
      const before = serving.done();
      writer.close();
      return { refused: (refused as OSError).code, reply, before, signal: yield* serving };
    });
    expect(outcome).toEqual({ refused: 'ECONNREFUSED', reply: 'still served', before: false, signal: 'SIGUSR2' });
  });

  it('cancels the handlers that are left after the grace, or at a second signal', async () => {
    for (const graceMs of [10, Infinity]) {
      const cleanUps: string[] = [];
      const left = await run(function* () {
        function* stubborn(_: StreamReader, writer: StreamWriter): Steps<void> {
          try {
            yield* new Event().wait();
          } finally {
            yield* sleep(1);
            writer.write(Buffer.from('bye'));
            cleanUps.push('cleaned up');
          }
        }
        const server = yield* startServer(stubborn, '127.0.0.1', 0);
        const { reader, writer } = yield* openConnection('127.0.0.1', server.port);
        const serving = createTask(server.serveUntil('SIGUSR2', { graceMs, exitBySignal: false }));
        yield* sleep(0);
        raise();
        yield* stopped(server);
        if (graceMs === Infinity) raise();
        yield* serving;
        const rest = yield* reader.read();
        writer.close();
        return { rest: String(rest), server: String(server) };
      });
      expect(cleanUps).toEqual(['cleaned up']);
      expect(left).toMatchObject({ rest: 'bye', server: expect.stringContaining('connections: 0') as unknown });
    }
  });

  it('replaces the handler of the signal, and restores it', async () => {
    const calls = await run(function* () {
      const loop = getRunningLoop();
      const seen: string[] = [];
      loop.addSignalHandler('SIGUSR2', () => seen.push('handler'));
      const servers: Server[] = [];
      for (let i = 0; i < 2; i += 1) servers.push(yield* startServer(echo, '127.0.0.1', 0));
      const serving = servers.map((server) => createTask(server.serveUntil('SIGUSR2', { exitBySignal: false })));
      yield* sleep(0);
      raise();
      for (const task of serving) seen.push(String(yield* task)); // one signal stops both
      raise();
      while (seen.length < 3) yield* sleep(1);
      loop.removeSignalHandler('SIGUSR2');
      return seen;
    });
    expect(calls).toEqual(['SIGUSR2', 'SIGUSR2', 'handler']);
  });

  it('serves the connections in the queue of the kernel', async () => {
    const replies = await run(function* () {
      const server = yield* startServer(echo, '127.0.0.1', 0);
      const serving = createTask(server.serveUntil('SIGUSR2', { exitBySignal: false }));
      yield* sleep(0);
      const address = server.address;
      const clients = Array.from({ length: 20 }, () => new Socket());
      for (const client of clients) {
        client.connect(address); // the kernel completes it, before the loop can accept it
        client.setBlocking(false);
      }
      raise();
      const seen: string[] = [];
      for (const client of clients) {
        const { reader, writer } = yield* openConnection(null, null, { socket: client });
        writer.write(Buffer.from('queued'));
        writer.writeEof();
        seen.push(String(yield* reader.read()));
        writer.close();
      }
      yield* serving;
      return seen;
    });
    expect(replies).toEqual(Array.from({ length: 20 }, () => 'queued'));
  });

  it('stops in order when it is closed, and without a grace when it is cancelled', async () => {
    const outcome = await run(function* () {
      const closed = yield* startServer(echo, '127.0.0.1', 0);
      const serving = createTask(closed.serveUntil([], {}));
      yield* sleep(0);
      closed.close();
      const result = yield* serving;
      let ended = 'is served';
      const server = yield* startServer(
        function* (): Steps<void> {
          try {
            yield* new Event().wait();
          } finally {
            ended = 'is cancelled';
          }
        },
        '127.0.0.1',
        0,
      );
      const { reader, writer } = yield* openConnection('127.0.0.1', server.port);
      const task = createTask(server.serveUntil('SIGUSR2', { graceMs: Infinity }));
      yield* sleep(5);
      yield* cancelled(task);
      const rest = yield* reader.read();
      writer.close();
      return { result, ended, rest: rest.length, serving: server.isServing() };
    });
    expect(outcome).toEqual({ result: null, ended: 'is cancelled', rest: 0, serving: false });
  });
});

it('closes the connections of a protocol after the grace, and aborts one whose peer does not read', async () => {
  const { run } = everyLoop[2]!;
  const outcome = await run(function* () {
    const lost: unknown[] = [];
    const server = yield* createServer(
      () => ({
        connectionMade: (transport) => transport.write(Buffer.alloc(20_000_000)),
        connectionLost: (error) => lost.push(error),
      }),
      '127.0.0.1',
      0,
    );
    const { writer } = yield* openConnection('127.0.0.1', server.port);
    const serving = createTask(server.serveUntil('SIGUSR2', { graceMs: 5, exitBySignal: false }));
    yield* sleep(20);
    raise();
    const signal = yield* serving;
    writer.transport.abort();
    return { signal, lost: lost.length, server: String(server) };
  });
  expect(outcome).toEqual({ signal: 'SIGUSR2', lost: 1, server: '<Server closed, sockets: 0, connections: 0>' });
});

it('refuses misuse with an error that says what was expected', async () => {
  const { run } = everyLoop[2]!;
  await run(function* () {
    const server = yield* startServer(echo, '127.0.0.1', 0);
    const misuse = (signals: unknown, options?: unknown) => () => server.serveUntil(signals as never, options as never);
    expect(misuse('SIGNOT')).toThrow('signal: expected a signal such as \'SIGINT\', got "SIGNOT"');
    expect(misuse([null])).toThrow("serveUntil: signals: expected signals such as ['SIGINT', 'SIGTERM'], got null");
    expect(misuse([], { graceMs: -1 })).toThrow(
      'serveUntil: graceMs: expected a number of milliseconds >= 0, or Infinity, got -1',
    );
    expect(misuse([], { exitBySignal: 'no' })).toThrow('serveUntil: exitBySignal: expected a boolean, got "no"');
    expect(misuse([], 5)).toThrow('serveUntil: options: expected an object of options, got 5');
    expect(misuse('SIGKILL')).toThrow('SIGKILL cannot be caught');
    server.close();
    const again = server.serveUntil([]);
    expect(String(yield* errorOf(createTask(again)))).toContain('cannot serve: it is closed');
  });
});

const PROGRAM = `
  import { createTask, run, runSync, sleep, startServer } from 'selectloop';
  process.on('exit', (code) => console.log('exit', code));
  function* main() {
    const server = yield* startServer(function* () {}, '127.0.0.1', 0);
    const serving = createTask(server.serveUntil(['SIGINT', 'SIGTERM'], OPTIONS));
    yield* sleep(0);
    process.kill(process.pid, SIGNAL);
    console.log(yield* serving);
    process.on('exit', () => console.log('added later'));
  }
  await RUN(main);
  LAST
`;

describe('a program that serveUntil has stopped', () => {
  it.each([
    ['SIGTERM', 'run', ''],
    ['SIGINT', 'runSync', ''],
  ])('ends by %s when it exits, after its exit listeners (%s)', async (signal, run) => {
    const program = PROGRAM.replace('SIGNAL', `'${signal}'`).replace('OPTIONS', '{}').replace('RUN', run);
    expect(await runProgram(program.replace('LAST', ''))).toEqual({
      code: null,
      signal,
      stdout: `${signal}\nexit 0\nadded later\n`,
      stderr: '',
    });
  });

  it.each([
    ['sets an exit code', '{}', 'process.exitCode = 3', 3],
    ['says exitBySignal: false', '{ exitBySignal: false }', '', 0],
    ['exits with a code', '{}', 'process.exit(0)', 0],
  ])('ends with its own code if it %s', async (_, options, last, code) => {
    const program = PROGRAM.replace('SIGNAL', "'SIGTERM'").replace('OPTIONS', options).replace('RUN', 'run');
    const ending = await runProgram(program.replace('LAST', last));
    expect(ending).toMatchObject({ code, signal: null, stderr: '' });
  });
});
