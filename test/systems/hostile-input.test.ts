/** The examples face hostile input: it must cost them neither the thread, as a slow pattern would, nor the memory. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { type Steps, createTask, getRunningLoop, openUnixConnection, run, runSync, sleep, wait } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';

import { readExpression } from '../../examples/fibres/parser.js';
import { LineStream } from '../../examples/fibres/stream-lines.js';
import { tokenize } from '../../examples/pipelines/events.js';
import { startChat } from '../../examples/servers/chat.js';
import { listen } from '../../examples/servers/echo-sockets.js';
import { startApp } from '../../examples/servers/express-app.js';
import { serveFiles } from '../../examples/servers/file-server.js';
import { execute } from '../../examples/servers/redis/commands.js';
import { globPattern } from '../../examples/servers/redis/glob.js';
import { Keyspace } from '../../examples/servers/redis/keyspace.js';
import { startRedis } from '../../examples/servers/redis/redis-server.js';
import { RequestParser } from '../../examples/servers/redis/resp.js';
import { startRpc } from '../../examples/servers/unix-rpc.js';
import { linksIn } from '../../examples/walkthrough/pages.js';
import { ChildProgram } from '../support/child-program.js';
import { until } from '../support/protocols.js';

const anyPort = { host: '127.0.0.1', port: 0 };

/** Runs `work`, and fails if it takes seconds. What is exponential or quadratic takes minutes here. */
function quickly<T>(work: () => T): T {
  const start = process.cpuUsage();
  const result = work();
  const { user } = process.cpuUsage(start);
  expect(user / 1e6).toBeLessThan(5);
  return result;
}

describe('the patterns of the Redis server', () => {
  it.each([
    ['*a'.repeat(60) + 'b', 'a'.repeat(1000), false],
    ['*a'.repeat(60), 'a'.repeat(1000), true],
    ['*'.repeat(250) + 'b', 'a'.repeat(1000), false],
    ['['.repeat(250), '['.repeat(250), true],
    [`${'*['.repeat(80)}x`, 'a'.repeat(1000), false],
    [`${'*?'.repeat(100)}b`, 'a'.repeat(1000), false],
  ])('match in linear time: %j', (glob, key, matches) => {
    const pattern = quickly(() => globPattern(glob));
    expect(quickly(() => Array.from({ length: 100 }, () => pattern.test(key)).every((each) => each === matches))).toBe(
      true,
    );
  });

  it.each([
    ['a*b*c', 'a--b--b--c', true],
    ['a*b*c', 'a--c--b', false],
    ['*.[ch]', 'main.c', true],
    ['[a-', '[a-', true],
    ['[]', 'x', false],
    ['[^]', 'x', true],
    ['[^a-cx]', 'b', false],
    ['[^a-cx]', 'd', true],
    ['[a-]', '-', true],
    ['\\', '\\', true],
    ['\\[a]', '[a]', true],
    ['', '', true],
    ['', 'x', false],
    ['**', '', true],
    ['?', '\n', true],
  ])('%j and %j: %s', (glob, key, matches) => {
    expect(globPattern(glob).test(key)).toBe(matches);
  });

  it('agree with regular expressions on random patterns', () => {
    let seed = 7;
    const random = (n: number): number => (seed = (seed * 48_271) % 2_147_483_647) % n;
    const pick = (alphabet: string, n: number): string =>
      Array.from({ length: random(n) }, () => alphabet[random(alphabet.length)]).join('');
    for (let i = 0; i < 3000; i += 1) {
      const glob = pick('ab*?', 8);
      const key = pick('ab', 8);
      const expected = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(key);
      expect([glob, key, globPattern(glob).test(key)]).toEqual([glob, key, expected]);
    }
  });

  it('ignore the case where CONFIG GET does', () => {
    expect(globPattern('MAX[A-Z]*', { ignoreCase: true }).test('maxmemory')).toBe(true);
  });
});

describe('the Redis server', () => {
  const request = (...words: string[]): Buffer =>
    Buffer.from(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`);

  it('refuses keys and patterns that would make KEYS slow', () => {
    const keyspace = new Keyspace(() => 0);
    const reply = (...words: string[]): unknown =>
      execute(
        keyspace,
        words.map((word) => Buffer.from(word)),
      );
    const [key, pattern] = ['k'.repeat(1025), '*'.repeat(257)];
    for (const words of [
      ['SET', key, 'v'],
      ['INCR', key],
    ])
      expect(reply(...words)).toMatchObject({ text: 'ERR key is too long' });
    for (const words of [
      ['KEYS', pattern],
      ['CONFIG', 'GET', pattern],
    ])
      expect(reply(...words)).toMatchObject({ text: 'ERR pattern is too long' });
  });

  it.each([
    ['a large argument', '$9000\r\n'],
    ['several large arguments', `$4000\r\n${'x'.repeat(4000)}\r\n`.repeat(3)],
    ['very many empty arguments', '$0\r\n\r\n'.repeat(71)],
  ])('bounds the memory for a request of %s', (_, args) => {
    const parser = new RequestParser(9000);
    expect(() => [...parser.feed(Buffer.from(`*1000000\r\n${args}`))]).toThrow('request is too big');
  });

  it('keeps the replies for a client that does not read them within bounds', () =>
    run(function* () {
      const server = yield* startRedis(anyPort);
      const value = 'v'.repeat(1_000_000);
      const client: Socket = connect(server.port, '127.0.0.1');
      client.write(request('SET', 'k', value));
      const before = process.memoryUsage.rss();
      client.write('GET k\r\n'.repeat(2000)); // 2 GB of replies
      yield* sleep(200);
      expect(process.memoryUsage.rss() - before).toBeLessThan(300e6);
      let received = 0;
      client.on('data', (data: Buffer) => (received += data.length));
      yield* until(() => received > 30e6); // the server continues once the client reads
      client.destroy();
      server.close();
      yield* server.waitClosed();
    }));

  it('refuses a reply that is much longer than its request', () =>
    run(function* () {
      const server = yield* startRedis(anyPort);
      const client = connect(server.port, '127.0.0.1');
      let text = '';
      client.on('data', (data: Buffer) => (text += data.toString()));
      client.write(request('SET', 'k', 'v'.repeat(1_000_000)));
      client.write(request('MGET', ...Array<string>(100_000).fill('k')));
      client.write('PING\r\n');
      yield* until(() => text.endsWith('+PONG\r\n'));
      expect(text).toBe('+OK\r\n-ERR reply is too long\r\n+PONG\r\n');
      client.destroy();
      server.close();
      yield* server.waitClosed();
    }));
});

describe('the chat server', () => {
  it('disconnects who sends a line without an end, or no name for a minute', () =>
    run(
      function* () {
        const server = yield* startChat(anyPort);
        const silent = connect(server.port, '127.0.0.1').resume();
        const endless = connect(server.port, '127.0.0.1')
          .on('error', () => undefined)
          .resume();
        endless.write('ann\n');
        endless.write('x'.repeat(100_000));
        let closed = 0;
        for (const client of [silent, endless]) client.on('close', () => (closed += 1));
        while (closed < 2) yield* sleep(100);
        expect(getRunningLoop().time()).toBeGreaterThan(60_000);
        server.close();
        yield* server.waitClosed();
      },
      { loopFactory: () => virtualLoop() },
    ));

  it('passes on neither control characters nor names that are long', () =>
    run(function* () {
      const server = yield* startChat(anyPort);
      const [ann, eve] = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')];
      let text = '';
      ann.on('data', (data: Buffer) => (text += data.toString()));
      ann.write('ann\n');
      yield* until(() => text.includes('ann is here'));
      eve.write(`${'e'.repeat(1000)}\n\x1b[2J\x07bad\n`);
      yield* until(() => text.includes('bad'));
      expect(text).toContain(`* ${'e'.repeat(40)} is here`);
      expect(text).toContain(`${'e'.repeat(40)}: [2Jbad\n`);
      ann.destroy();
      eve.destroy();
      server.close();
      yield* server.waitClosed();
    }));
});

describe('the RPC server', () => {
  it.each(['null', '7', '[]', '{}', '{"args":1}', '{', `"${'x'.repeat(100_000)}`])(
    'ends the connection of a client that sends %.20s, without an error report',
    (line) =>
      run(function* () {
        const reports: unknown[] = [];
        getRunningLoop().setExceptionHandler((_, context) => void reports.push(context));
        const folder = mkdtempSync(join(tmpdir(), 'selectloop-'));
        const server = yield* startRpc(join(folder, 'rpc'), {});
        expect(statSync(join(folder, 'rpc')).mode & 0o777).toBe(0o600);
        const { reader, writer } = yield* openUnixConnection(join(folder, 'rpc'));
        writer.write(Buffer.from(`${line}\n`));
        const ended = createTask(reader.read());
        yield* wait([ended]);
        if (ended.exception() !== null) expect(ended.exception()).toMatchObject({ code: 'ECONNRESET' }); // not all was read
        writer.close();
        server.close();
        yield* server.waitClosed();
        rmSync(folder, { recursive: true });
        expect(reports).toEqual([]);
      }),
  );

  it('runs at most a hundred calls of a client at the same time', () =>
    run(function* () {
      const folder = mkdtempSync(join(tmpdir(), 'selectloop-'));
      let running = 0;
      const server = yield* startRpc(join(folder, 'rpc'), {
        *hang() {
          running += 1;
          yield* sleep(60_000);
        },
      });
      const { writer } = yield* openUnixConnection(join(folder, 'rpc'));
      writer.write(Buffer.from('{"id":1,"method":"hang","args":[]}\n'.repeat(1000)));
      yield* until(() => running === 100);
      yield* sleep(20);
      expect(running).toBe(100);
      writer.transport.abort();
      server.close();
      server.abortClients();
      yield* server.waitClosed();
      rmSync(folder, { recursive: true });
    }));
});

describe('other examples', () => {
  it('the tokenizer of XML takes linear time for tags without an end', () => {
    expect(quickly(() => [...tokenize('<'.repeat(200_000))]).length).toBe(1);
  });

  it('the line stream ends at a line that is too long', () =>
    runSync(function* () {
      const lines = new LineStream(function* () {
        return 'x'.repeat(1000);
      });
      yield* expectError(lines.readLine(), 'expected a line of at most 65536 characters');
    }));

  it('the Lisp reader limits nesting and atoms', () =>
    runSync(function* () {
      const reading = (byte: string): Steps<unknown> => {
        let first = true;
        return readExpression(function* () {
          const next = first ? '(' : byte;
          first = false;
          return next;
        });
      };
      yield* expectError(reading('('), 'expected at most 100 nested lists');
      yield* expectError(reading('x'), 'expected an atom of at most 1000 characters');
    }));

  it('the crawler ignores links that are no URLs', () => {
    const html = 'HTTP/1.0 200 OK\r\n\r\n<a href="http://[">bad</a><a href="/good">good</a>';
    expect(linksIn(Buffer.from(html), '/')).toEqual(['http://site.example/good']);
    const endless = `HTTP/1.0 200 OK\r\n\r\n${'href="x'.repeat(50_000)}`;
    expect(quickly(() => linksIn(Buffer.from(endless), '/')).length).toBeGreaterThan(0);
  });
});

/** Starts a program of the examples that can have only 50 descriptors. */
function startWithFewDescriptors(name: string, args: readonly string[]): ChildProgram {
  const command = ['-c', 'ulimit -n 50 && exec "$0" "$@"', process.execPath, `dist/examples/${name}.js`, ...args];
  return new ChildProgram(spawn('/bin/sh', command), 50_000);
}

describe.concurrent.each([
  ['tiny/net/select-echo', ['server', '--port', '0']],
  ['tiny/net/selector-echo', ['server', '--port', '0']],
  ['traps/echogood', ['--port', '0']],
  ['traps/echoserver', ['--port', '0']],
  ['servers/echo-sockets', ['--port', '0']],
])('the echo server %s', (name, args) => {
  it('serves more clients than it has descriptors for, as others disconnect', async () => {
    const server = startWithFewDescriptors(name, args);
    const [, port] = await server.printed(/ on 127\.0\.0\.1:(\d+)\n/);
    const sockets = Array.from({ length: 100 }, () => connect(Number(port), '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect'))); // by the kernel, which queues them
    const echoes = sockets.map(async (socket) => {
      socket.write('HELLO\r\n');
      const [echo] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return String(echo);
    });
    expect(new Set(await Promise.all(echoes))).toEqual(new Set(['HELLO\r\n']));
    if (name === 'tiny/net/selector-echo') {
      const client = connect(Number(port), '127.0.0.1')
        .on('error', () => undefined)
        .resume();
      client.write('x'.repeat(100_000));
      await server.printed(/lost a client: a line of more than 1024 bytes/);
      client.destroy();
    }
    expect(server.process.exitCode).toBe(null);
    server.process.kill('SIGKILL');
    expect((await server.ended).stderr).toBe('');
  });
});

describe('a client that does not read its response', () => {
  const folder = mkdtempSync(join(tmpdir(), 'selectloop-'));
  writeFileSync(join(folder, 'large'), new Uint8Array(20_000_000));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Requests a file that does not fit into the buffers of the kernel, and reads only its beginning. */
  function silentClient(port: number, path: string): Socket {
    const client = connect(port, '127.0.0.1').on('error', () => undefined);
    client.once('data', () => client.pause());
    client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return client;
  }

  it('is disconnected by the file server after half a minute, and the next one gets its place', () =>
    run(
      function* () {
        const listener = listen(anyPort);
        const { port } = listener.getsockname() as { port: number };
        const server = createTask(() => serveFiles(listener, folder, 1));
        const silent = silentClient(port, '/large');
        let answer = '';
        const next = connect(port, '127.0.0.1').on('data', (data: Buffer) => (answer += data.toString()));
        next.write('GET /nothing HTTP/1.1\r\n\r\n');
        while (!answer.includes('404 Not Found')) yield* sleep(100);
        expect(getRunningLoop().time()).toBeGreaterThan(30_000);
        silent.destroy();
        next.destroy();
        server.cancel();
      },
      { loopFactory: () => virtualLoop() },
    ));

  it('is disconnected by the Express app after a time without progress', () =>
    run(function* () {
      const server = yield* startApp(anyPort, folder, 300);
      const client = silentClient(server.port, '/files/large');
      yield* until(() => client.bytesRead > 0);
      server.close();
      yield* server.waitClosed(); // waits for the connection
      client.destroy();
    }));
});

function* expectError(steps: Steps<unknown>, message: string): Steps<void> {
  try {
    yield* steps;
  } catch (error) {
    expect((error as Error).message).toBe(message);
    return;
  }
  expect.fail(`expected "${message}"`);
}
