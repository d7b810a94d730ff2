/** The library, unchanged, on the simulated kernel: a sleep of an hour returns immediately, and two runs make the same system calls. */

import {
  type Coroutine,
  type StreamReader,
  type Steps,
  type StreamWriter,
  createDatagramEndpoint,
  createSubprocess,
  gather,
  getRunningLoop,
  openConnection,
  openUnixConnection,
  runSync,
  sleep,
  sockAccept,
  sockConnect,
  sockRecv,
  sockSendAll,
  startServer,
  startUnixServer,
  waitFor,
} from 'selectloop';
import { AF_INET, AF_UNIX, SOCK_RAW, Socket, socketpair } from 'selectloop/sockets';
import { describe, expect, it } from 'vitest';

import { useBinding } from '../../lib/native/binding.js';
import type { NativeBinding } from '../../lib/native/contract.js';
import { simulated } from './machine.js';

/** Runs a program on a new simulated kernel. */
function simulate<T>(selector: 'select' | 'poll' | 'epoll', main: () => Steps<T>): { result: T; calls: string[] } {
  const calls: string[] = [];
  const binding = { ...simulated().calls } as Record<string, unknown>;
  for (const [name, call] of Object.entries(binding)) {
    if (typeof call !== 'function' || /^[A-Z]|^now$/.test(name)) continue;
    binding[name] = (...args: unknown[]): unknown => {
      const result = (call as (...args: unknown[]) => unknown)(...args);
      calls.push(`${name} ${String(args[0])} -> ${String(result)}`);
      return result;
    };
  }
  using _ = useBinding(binding as unknown as NativeBinding);
  return { result: runSync(main, { selector }), calls };
}

function* echo(reader: StreamReader, writer: StreamWriter) {
  try {
    for (let line = yield* reader.readline(); line.length > 0; line = yield* reader.readline()) {
      writer.write(line);
      yield* writer.drain();
    }
  } finally {
    writer.close();
  }
}

function* streams() {
  const server = yield* startServer(echo, '127.0.0.1', 0);
  const talk = function* (name: string) {
    const { reader, writer } = yield* openConnection('127.0.0.1', server.port);
    const heard: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      yield* sleep(20 * 60_000);
      writer.write(Buffer.from(`${name} ${i}\n`));
      heard.push(String(yield* reader.readline()).trim());
    }
    writer.close();
    yield* writer.waitClosed();
    return heard.join(', ');
  };
  const heard = yield* gather([talk('a'), talk('b')]);
  server.close();
  yield* server.waitClosed();
  return { heard, hours: getRunningLoop().time() / 3_600_000 };
}

describe.each(['select', 'poll', 'epoll'] as const)('on the simulated kernel, with %s', (selector) => {
  it('servers and clients on streams talk for an hour in no time, with the same calls in each run', () => {
    const { result, calls } = simulate(selector, streams);
    expect(result.heard).toEqual(['a 0, a 1, a 2', 'b 0, b 1, b 2']);
    expect(result.hours).toBeGreaterThanOrEqual(1);
    expect(result.hours).toBeLessThan(1.001);
    expect(calls.length).toBeGreaterThan(50);
    expect(simulate(selector, streams).calls).toEqual(calls);
  });

  it('tasks on raw sockets, datagrams and timeouts do what they do on Linux', () => {
    const { result } = simulate(selector, function* () {
      using listener = new Socket(AF_INET);
      listener.bind({ host: '127.0.0.1', port: 0 });
      listener.listen();
      listener.setBlocking(false);
      using client = new Socket(AF_INET);
      client.setBlocking(false);
      const [accepted] = yield* gather([sockAccept(listener), sockConnect(client, listener.getsockname())]);
      const bytes = Buffer.alloc(3_000_000, 'x');
      const receive = function* () {
        let count = 0;
        for (;;) {
          const data = yield* sockRecv(accepted.socket, 65_536);
          if (data.length === 0) return count;
          count += data.length;
        }
      };
      const send = function* () {
        yield* sockSendAll(client, bytes);
        client.shutdown('write');
      };
      const [received] = yield* gather([receive(), send()]);
      accepted.socket.close();

      const datagrams: string[] = [];
      const endpoint = yield* createDatagramEndpoint(
        () => ({ datagramReceived: (data: Uint8Array) => datagrams.push(String(data)) }),
        { localAddress: { host: '127.0.0.1', port: 0 } },
      );
      endpoint.transport.sendTo(Buffer.from('to itself'), endpoint.transport.getExtraInfo('sockname'));
      yield* sleep(1);
      endpoint.transport.close();

      const [near, far] = socketpair();
      near.setBlocking(false);
      let timedOut = false;
      try {
        yield* waitFor(sockRecv(near, 1), 3_600_000);
      } catch (error) {
        timedOut = (error as Error).name === 'TimeoutError';
      }
      near.close();
      far.close();
      return { received, datagrams, timedOut };
    });
    expect(result).toEqual({ received: 3_000_000, datagrams: ['to itself'], timedOut: true });
  });
});

describe('what the simulated kernel does not have', () => {
  it('is an error that names the call, and says so', () => {
    using _ = useBinding(simulated().calls);
    const start = (): unknown => runSync(() => createSubprocess('true'));
    expect(start).toThrow('clone ENOSYS: function not implemented; the simulated kernel does not have this call');
    const open = (): Socket => new Socket(AF_INET, SOCK_RAW);
    expect(open).toThrow('socket ENOSYS: function not implemented; the simulated kernel does not have this call');
  });
});

describe('servers on the simulated kernel', () => {
  it('at a path remove their file, and take over one whose server is gone', () => {
    const { calls } = simulated();
    using _ = useBinding(calls);
    const path = '/run/server';
    const codes = runSync(function* () {
      const found: unknown[] = [];
      const attempt = function* (start: () => Coroutine<unknown>) {
        try {
          yield* start();
          found.push('open');
        } catch (error) {
          found.push((error as { code: unknown }).code);
        }
      };
      const first = yield* startUnixServer(echo, path, { mode: 0o600 });
      yield* attempt(() => startUnixServer(echo, path));
      first.close();
      yield* first.waitClosed();
      yield* attempt(() => openUnixConnection(path));
      const dead = new Socket(AF_UNIX);
      dead.bind({ path });
      dead.close();
      const second = yield* startUnixServer(echo, path);
      const { writer } = yield* openUnixConnection(path);
      writer.close();
      second.close();
      yield* second.waitClosed();
      return found;
    });
    expect(codes).toEqual(['EADDRINUSE', 'ENOENT']);
  });
});
