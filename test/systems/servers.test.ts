/** Tests the programs of examples/servers with clients on Node's own sockets. */

import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { type Socket as NodeSocket, connect, createServer as createNodeServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import {
  AF_INET,
  type Coroutine,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Server,
  Socket,
  type Steps,
  createTask,
  gather,
  getRunningLoop,
  run,
  runSync,
  sleep,
} from 'selectloop';
import { VirtualClock, virtualLoop } from 'selectloop/testing';
import { afterAll, describe, expect, it } from 'vitest';

import { startChat } from '../../examples/servers/chat.js';
import { startEcho as startAsync } from '../../examples/servers/echo-async.js';
import { startEcho as startProtocol } from '../../examples/servers/echo-protocol.js';
import { echo, listen, serve } from '../../examples/servers/echo-sockets.js';
import { startEcho as startStreams } from '../../examples/servers/echo-streams.js';
import { serveFiles } from '../../examples/servers/file-server.js';
import { periodically, workWithHeartbeat } from '../../examples/servers/periodic.js';
import { openPorts } from '../../examples/servers/port-scanner.js';
import { startProxy } from '../../examples/servers/proxy.js';
import { type Table, answerTo, startNames } from '../../examples/servers/udp-names.js';
import { type Procedures, RpcClient, arithmetic, startRpc } from '../../examples/servers/unix-rpc.js';
import { printedBy, startExample } from './programs.js';
import { shownBy } from './shown.js';

const anyPort = { host: '127.0.0.1', port: 0 };
const folder = mkdtempSync(join(tmpdir(), 'selectloop-servers-'));

afterAll(() => rmSync(folder, { recursive: true }));

function portOf(socket: Socket): number {
  return (socket.getsockname() as { port: number }).port;
}

/** Starts a server, runs a client against it, and closes the server. */
async function against(start: () => Coroutine<Server>, client: (port: number) => Promise<void>): Promise<void> {
  await run(async () => {
    const server = await start();
    try {
      await client(portOf(server.sockets[0]!));
    } finally {
      server.close();
      server.abortClients();
      await server.waitClosed();
    }
  });
}

async function roundTrip(port: number, message: string | Buffer): Promise<string> {
  const client = connect(port, '127.0.0.1');
  client.end(message);
  return await text(client);
}

describe('the echo servers of examples', () => {
  const megabyte = Buffer.alloc(1 << 20, 'abcdefgh');

  async function expectEchoes(port: number): Promise<void> {
    const messages = ['one', 'two', megabyte.toString()];
    expect(await Promise.all(messages.map((message) => roundTrip(port, message)))).toEqual(messages);
    const rude = connect(port, '127.0.0.1');
    await once(rude, 'connect');
    rude.write('x');
    rude.resetAndDestroy();
    expect(await roundTrip(port, 'still here')).toBe('still here');
  }

  it.each([
    ['with a protocol', startProtocol],
    ['with streams in generators', startStreams],
    ['with streams in async functions', startAsync],
  ])('echo to several concurrent clients, and survive one that resets: %s', async (_, start) => {
    await against(() => start(anyPort), expectEchoes);
  });

  it('echo to several concurrent clients, and survive one that resets: with raw sockets', async () => {
    await run(async () => {
      const listener = listen(anyPort);
      const server = createTask(serve(listener, echo));
      await expectEchoes(portOf(listener));
      server.cancel();
    });
  });

  it('print their address, and exit with code 0 on Ctrl-C and on SIGTERM: echo-streams', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const program = startExample('servers/echo-streams', ['--port', '0']);
      const [, port] = await program.printed(/echo on 127\.0\.0\.1:(\d+)\n/);
      expect(await roundTrip(Number(port), 'hello')).toBe('hello');
      program.process.kill(signal);
      expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
    }
  });
});

describe('the service', () => {
  it('answers from a worker, finishes a request in flight when it is stopped, and ends by the signal', async () => {
    const program = startExample('servers/service', ['--port', '0', '--workers', '1']);
    const [, port] = await program.printed(/service, process \d+, on 127\.0\.0\.1:(\d+)\n/);
    const ask = async (path: string): Promise<string> => await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    expect(await ask('/')).not.toBe(`answered by ${program.process.pid}\n`);
    const slow = ask('/slow');
    await ask('/'); // the worker has the slow request by now
    program.process.kill('SIGTERM');
    expect(await slow).toMatch(/^answered by \d+\n$/);
    expect(await program.ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
  });
});

describe('the chat server', () => {
  /** Waits until a client has received text that matches. */
  async function heard(client: NodeSocket & { log?: string }, pattern: RegExp): Promise<void> {
    client.log ??= '';
    while (!pattern.test(client.log)) {
      const [data] = (await once(client, 'data')) as [Buffer];
      client.log += data.toString();
    }
  }

  it('sends a line to the other members, announces who joins and leaves, and refuses a name that is taken', async () => {
    await against(
      () => startChat(anyPort),
      async (port) => {
        const [ann, bob, twin] = [0, 0, 0].map(() => connect(port, '127.0.0.1'));
        ann!.write('ann\n');
        await heard(ann!, /\* ann is here \(ann\)\n/);
        bob!.write('bob\n');
        await heard(ann!, /\* bob is here \(ann, bob\)\n/);
        twin!.write('bob\n');
        await heard(twin!, /that name is empty or taken\n/);
        bob!.write('good morning\n');
        await heard(ann!, /bob: good morning\n/);
        bob!.end();
        await heard(ann!, /\* bob has left\n/);
        for (const client of [ann!, bob!, twin!]) client.destroy();
      },
    );
  });
});

describe('the proxy', () => {
  it('forwards bytes and half-closes in both directions', async () => {
    await run(async () => {
      const target = await startStreams(anyPort);
      const proxy = await startProxy(anyPort, { host: '127.0.0.1', port: portOf(target.sockets[0]!) });
      const message = 'x'.repeat(3_000_000);
      expect(await roundTrip(portOf(proxy.sockets[0]!), message)).toBe(message);
      proxy.close();
      target.close();
      await gather([proxy.waitClosed(), target.waitClosed()]);
    });
  });

  it('disconnects a client when its target cannot be reached, and prints why', async () => {
    const gone = createNodeServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port: unused } = gone.address() as { port: number };
    gone.close();
    await once(gone, 'close');
    const program = startExample('servers/proxy', ['--port', '0', '--to-port', String(unused)]);
    const [, port] = await program.printed(/proxy on \S+:(\d+)\n/);
    const client = connect(Number(port), '127.0.0.1').on('error', () => undefined); // a reset, as the target has refused
    await new Promise((resolve) => client.resume().once('close', resolve));
    program.process.kill('SIGINT');
    expect(await program.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('ECONNREFUSED') as string });
  });

  it('stops reading from a sender whose receiver does not read', async () => {
    const sink = createNodeServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    const received: NodeSocket[] = [];
    sink.on('connection', (socket) => received.push(socket));
    await once(sink, 'listening');
    const target = sink.address() as { port: number };
    await against(
      () => startProxy(anyPort, { host: '127.0.0.1', port: target.port }),
      async (port) => {
        const client = connect(port, '127.0.0.1').on('error', () => undefined);
        for (let i = 0; i < 64; i += 1) client.write(Buffer.alloc(1 << 20));
        await sleep(300);
        // Buffers of four sockets and the watermarks together hold far less than the client has written.
        expect(client.writableLength).toBeGreaterThan(0);
        client.destroy();
      },
    );
    for (const socket of received) socket.destroy();
    sink.close();
    await once(sink, 'close');
  });
});

describe('the port scanner', () => {
  it('finds the listening ports among others', async () => {
    await run(async () => {
      const servers = await gather([startStreams(anyPort), startStreams(anyPort)]);
      const ports = servers.map((server) => portOf(server.sockets[0]!)).sort((a, b) => a - b);
      const closed = ports.flatMap((port) => [port + 1, port - 1]).filter((port) => !ports.includes(port));
      const scanned = await createTask(openPorts({ host: '127.0.0.1', ports: [...ports, ...closed], limit: 2 }));
      expect(scanned.filter((port) => ports.includes(port))).toEqual(ports);
      for (const server of servers) server.close();
      await gather(servers.map((server) => server.waitClosed()));
    });
  });

  it('has no more attempts in progress than its limit', () => {
    const listener = new Socket();
    listener.bind(anyPort);
    listener.listen(0);
    // A full backlog drops further connections, so each attempt lasts until its timeout.
    const fillers = Array.from({ length: 4 }, () => new Socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK));
    for (const filler of fillers) filler.connectEx(listener.getsockname());
    const port = portOf(listener);
    runSync(
      function* () {
        const loop = getRunningLoop();
        const startMs = loop.time();
        const scan = { host: '127.0.0.1', ports: [port, port, port, port, port, port], limit: 2, timeoutMs: 1000 };
        expect(yield* openPorts(scan)).toEqual([]);
        expect(loop.time() - startMs).toBe(3000); // three times two attempts
      },
      { loopFactory: () => virtualLoop() },
    );
    for (const socket of [listener, ...fillers]) socket.close();
  });
});

describe('the name server', () => {
  const table: Table = { 'loop.test': '127.0.0.7' };

  it("answers the queries of c-ares, Node's resolver", async () => {
    await run(async () => {
      const { transport, protocol } = await startNames(anyPort, table);
      const resolver = new Resolver({ timeout: 2000, tries: 2 });
      resolver.setServers([`127.0.0.1:${portOf(transport.getExtraInfo('socket')!)}`]);
      expect(await resolver.resolve4('LOOP.test')).toEqual(['127.0.0.7']);
      await expect(resolver.resolve4('other.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
      await expect(resolver.resolve6('loop.test')).rejects.toMatchObject({ code: 'ENODATA' });
      transport.close();
      await protocol.closed;
    });
  });

  it('sends no response to invalid queries', () => {
    const question = Buffer.from('1234010000010000000000000b6c6f6f70', 'hex');
    for (let length = 0; length <= question.length; length += 1) {
      expect(answerTo(question.subarray(0, length), table)).toBeNull();
    }
    expect(answerTo(Buffer.alloc(512, 0xff), table)).toBeNull();
  });
});

describe('the file server', () => {
  const secret = join(folder, 'secret');
  const root = mkdtempSync(join(folder, 'root-'));
  writeFileSync(secret, 'secret');
  writeFileSync(join(root, 'page.txt'), 'x'.repeat(300_000));
  symlinkSync(secret, join(root, 'link'));

  it.each([
    ['GET /page.txt HTTP/1.1', '200 OK', 300_000],
    ['GET /nothing HTTP/1.1', '404 Not Found', 14],
    ['GET / HTTP/1.1', '404 Not Found', 14],
    ['GET /../secret HTTP/1.1', '404 Not Found', 14],
    ['GET /%2e%2e/secret HTTP/1.1', '404 Not Found', 14],
    ['GET /link HTTP/1.1', '404 Not Found', 14],
    ['GET /%zz HTTP/1.1', '404 Not Found', 14],
    ['GET /page%00.txt HTTP/1.1', '404 Not Found', 14],
    ['POST /page.txt HTTP/1.1', '400 Bad Request', 16],
  ])('responds to %s with %s', async (line, status, length) => {
    await run(async () => {
      const listener = listen(anyPort);
      const server = createTask(() => serveFiles(listener, root));
      const answer = await roundTrip(portOf(listener), `${line}\r\nHost: x\r\n\r\n`);
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      expect(head).toBe(`HTTP/1.1 ${status}\r\nContent-Length: ${length}\r\nConnection: close`);
      expect(body).toHaveLength(length);
      server.cancel();
    });
  });
});

describe('the RPC server', () => {
  it('responds in order of completion, and reports the error of a procedure and an unknown name', async () => {
    const path = join(folder, 'rpc');
    const procedures: Procedures = {
      ...arithmetic,
      *failing() {
        throw new Error('out of paper');
      },
    };
    await run(function* () {
      const server = yield* startRpc(path, procedures);
      const client = yield* RpcClient.connect(path);
      const done: unknown[] = [];
      const call = function* (...args: [string, ...unknown[]]): Steps<void> {
        done.push(yield* client.call(...args));
      };
      yield* gather([call('slowly', 'late', 30), call('add', 1, 2)]);
      expect(done).toEqual([3, 'late']);
      const errorOf = function* (method: string): Steps<unknown> {
        try {
          yield* client.call(method);
        } catch (error) {
          return (error as Error).message;
        }
        return null;
      };
      expect(yield* errorOf('failing')).toBe('out of paper');
      expect(yield* errorOf('nothing')).toBe("no such procedure: 'nothing'");
      yield* client.close();
      server.close();
      yield* server.waitClosed();
    });
  });
});

describe('the periodic task', () => {
  const shown = shownBy('examples/servers/README.md');

  it('prints the output of the README', () => {
    const lines = printedBy(() => {
      runSync(() => workWithHeartbeat(2, 700, 300), { loopFactory: () => virtualLoop() });
    });
    expect(lines).toEqual(shown('servers/periodic'));
  });

  it('does not drift, and skips beats whose due times have passed', () => {
    const beats: Array<[number, number]> = [];
    const clock = new VirtualClock();
    runSync(
      function* () {
        const loop = getRunningLoop();
        const startMs = loop.time();
        const task = createTask(
          periodically(100, (number) => {
            beats.push([number, loop.time() - startMs]);
            if (number === 2) clock.advance(250); // until 450, so beats 3 and 4 are missed
          }),
        );
        yield* sleep(650);
        task.cancel();
      },
      { loopFactory: () => virtualLoop({ clock }) },
    );
    expect(beats).toEqual([
      [1, 100],
      [2, 200],
      [5, 500],
      [6, 600],
    ]);
  });
});
