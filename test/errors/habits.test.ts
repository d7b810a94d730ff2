/** Calls as other libraries have them are refused with an error that says what to write here. */

import * as main from 'selectloop';
import { serveHttp } from 'selectloop/node';
import { describe, expect, it } from 'vitest';

const { createDatagramEndpoint, createServer, gather, openConnection, run, serveWorkers, sleep, startServer } = main;
const { timeout, wait, waitFor } = main;
const handler = (): void => undefined;

class Echo {
  dataReceived(): void {}
}

/** What is called, and how its error ends. A function that refused nothing would listen on a free port of loopback. */
const calls: Array<[what: string, call: () => unknown, end: string]> = [
  ['(port, host)', () => startServer(handler, 0 as never, '127.0.0.1' as never), 'or null, and then the port, got 0'],
  ['(port) of a client', () => openConnection(1 as never, 1), 'an address, and then the port, got 1'],
  [
    '({ host, port })',
    () => openConnection({ host: '127.0.0.1', port: 1 } as never, 1),
    'an address, and then the port, got an object of class Object',
  ],
  [
    'an object without a port',
    () => openConnection({} as never, 1),
    'name or an address, got an object of class Object',
  ],
  [
    'a port as text',
    () => startServer(handler, '127.0.0.1', '0' as never),
    'from 0 to 65535, got "0" (convert it with Number)',
  ],
  ['text that is no number', () => startServer(handler, '127.0.0.1', 'a1' as never), 'from 0 to 65535, got "a1"'],
  [
    'the certificate beside tls',
    () => startServer(handler, '127.0.0.1', 0, { cert: 'x' } as never),
    'got "cert"; write tls: { cert }',
  ],
  [
    'the authority beside tls',
    () => openConnection('127.0.0.1', 1, { tls: true, ca: 'x' } as never),
    'got "ca"; write tls: { ca }',
  ],
  [
    'a timeout as an option',
    () => openConnection('127.0.0.1', 1, { timeout: 5 } as never),
    'got "timeout"; to limit the time, use timeout() or waitFor()',
  ],
  [
    'the options of sleep in place of its result',
    () => sleep(1, { signal: new AbortController().signal }),
    'third, as in sleep(delayMs, undefined, { signal }), got an object of class Object',
  ],
  [
    'a class as the factory of a server',
    () => createServer(Echo as never, '127.0.0.1', 0),
    'such as () => new Echo(), got the function Echo',
  ],
  [
    'a class without a name as the factory of an endpoint',
    () => createDatagramEndpoint(class extends Array {} as never, { localAddress: { host: '127.0.0.1', port: 0 } }),
    'such as () => new Protocol(), got a function',
  ],
  [
    'an application without its http server',
    () => serveHttp(handler as never, '127.0.0.1', 0),
    'such as http.createServer(app), got the function handler',
  ],
  [
    'a promise as the body of a timeout',
    () => timeout(5, sleep(0) as never),
    'such as () => work(), got an object of class Coroutine',
  ],
  ['a function to wait for', () => waitFor(handler as never, 5), 'or a promise, got the function handler (call it)'],
  ['functions to gather', () => gather([handler as never]), 'or promises, got the function handler (call it)'],
  [
    'a promise in a set of tasks',
    () => wait([Promise.resolve()] as never),
    'such as those of createTask(fn), got an object of class Promise',
  ],
  [
    'a function as the program of the workers',
    () => serveWorkers(2, handler as never, { port: 0 }),
    'in which no function of this one exists, got the function handler',
  ],
  [
    'a function alone for the workers',
    () => serveWorkers(handler as never, 'worker.js', { port: 0 }),
    'in which no function of this one exists, got the function handler',
  ],
];

/** Methods that take a callback in Node: the class, the method, the arguments before the callback, and what to write. */
const callbacks: Array<[name: string, method: string, before: unknown[], instead: string]> = [
  ['Server', 'close', [], 'server.close(); await server.waitClosed()'],
  ['StreamWriter', 'close', [], 'writer.close(); await writer.waitClosed()'],
  ['StreamWriter', 'write', [Buffer.from('hello')], 'writer.write(data); await writer.drain()'],
  ['StreamWriter', 'write', [Buffer.from('hello'), 'utf8'], 'writer.write(data); await writer.drain()'],
  ['Transport', 'close', [], 'the method connectionLost of the protocol'],
  ['DatagramTransport', 'close', [], 'the method connectionLost of the protocol'],
];

describe('the error for a call as another library has it says what to write', () => {
  it.each(calls)('%s', async (_, call, end) => {
    const error = await run(async () => await call()).then(null, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message.slice(-end.length)).toBe(end);
  });
});

it.each(callbacks)(
  '%s.%s refuses a callback after %j: it would never be called',
  async (name, method, before, instead) => {
    await run(async () => {
      const server = await startServer(handler, '127.0.0.1', 0);
      const { writer } = await openConnection('127.0.0.1', server.port);
      const endpoint = await createDatagramEndpoint(() => ({ datagramReceived() {} }), {
        localAddress: { host: '127.0.0.1', port: 0 },
      });
      const objects = {
        Server: server,
        StreamWriter: writer,
        Transport: writer.transport,
        DatagramTransport: endpoint.transport,
      };
      const target = objects[name as keyof typeof objects] as unknown as Record<string, (...args: unknown[]) => void>;
      const message = `${name}.${method}: expected no callback, but ${instead}, got a function`;
      expect(() => target[method]!(...before, () => undefined)).toThrow(message);
      expect(server.isServing() && !writer.isClosing() && !endpoint.transport.isClosing()).toBe(true); // nothing was done
      for (const each of [server, writer, endpoint.transport]) each.close();
    });
  },
);

it('a function that makes a protocol may be declared in any other way', async () => {
  const factories = [
    () => new Echo(),
    function factory() {
      return new Echo();
    },
    { factory: () => new Echo() }.factory,
    {
      factory() {
        return new Echo();
      },
    }.factory,
  ];
  await run(async () => {
    for (const factory of factories) (await createServer(factory, '127.0.0.1', 0)).close();
  });
});

it('a sleep may return an object with a property signal that is no AbortSignal', async () => {
  expect(await run(async () => await sleep(0, { signal: 'SIGINT' }))).toEqual({ signal: 'SIGINT' });
});

it('a datagram endpoint has no send beside sendTo', async () => {
  await run(async () => {
    const localAddress = { host: '127.0.0.1', port: 0 };
    const { transport } = await createDatagramEndpoint(() => ({ datagramReceived: handler }), { localAddress });
    expect('send' in transport).toBe(false);
    transport.close();
  });
});
