/** Faults that a test brings about. */

import type { OSError } from 'selectloop';
import {
  Event,
  type Steps,
  createDatagramEndpoint,
  getRunningLoop,
  moveOnAfter,
  openConnection,
  sleep,
  sockAccept,
  sockRecv,
  startServer,
} from 'selectloop';
import { type Packet, type SimulateOptions, type World, simulate } from 'selectloop/simulation';
import { AF_INET, Socket } from 'selectloop/sockets';
import { describe, expect, it } from 'vitest';

import { echoClient, echoServer } from './programs.js';

/** Runs a server and a client, for one seed. */
function pair(
  client: () => Steps<unknown>,
  arrange: (world: World) => void = () => undefined,
  options: SimulateOptions = {},
) {
  return simulate({ seeds: 1, latencyMs: 10, ...options }, (world) => {
    world.host('server', echoServer);
    const host = world.host('client', client);
    arrange(world);
    return host;
  });
}

/** Returns the code of the error that a program throws. */
function* codeOf(steps: Steps<unknown>): Steps<string> {
  try {
    yield* steps;
  } catch (error) {
    return `${(error as OSError).code} at ${getRunningLoop().time()}`;
  }
  return `none at ${getRunningLoop().time()}`;
}

/** Runs the echo client of ten lines. Returns how it has ended. */
function endOf(arrange: (world: World) => void): string {
  let end = '';
  const outcome = pair(function* () {
    end = yield* codeOf(echoClient(10)() as Steps<void>);
  }, arrange);
  expect(outcome.failure).toBeNull();
  return end;
}

describe('a test can', () => {
  it('cut a link and repair it: nothing is lost, only late', () => {
    expect(endOf(() => undefined)).toBe('none at 220');
    const cut = (world: World): void => {
      world.at(35, () => world.partition('client', 'server'));
      world.at(1000, () => world.repair('client', 'server'));
    };
    expect(endOf(cut)).toBe('none at 1180'); // nine lines are left at 1000
  });

  it('cut one direction', () => {
    const seen: string[] = [];
    const arrange = (world: World): void => {
      world.at(25, () => world.partition('server', 'client', { oneWay: true }));
      world.at(500, () => {
        seen.push(
          ...world.sockets().map(({ host, state, received, unsent }) => `${host} ${state} ${received} ${unsent}`),
        );
        world.repair('client', 'server');
      });
    };
    expect(pair(echoClient(2) as () => Steps<void>, arrange, { compareRuns: false }).failure).toBeNull();
    // The line has arrived, its echo has not.
    expect(seen).toEqual(['server LISTEN 0 0', 'server ESTABLISHED 0 7', 'client ESTABLISHED 0 7']);
  });

  it('keep a link cut: a connect fails after 127 seconds', () => {
    expect(endOf((world) => world.partition('client', 'server'))).toBe('ETIMEDOUT at 127000');
  });

  it('reset the connections between two hosts', () => {
    const counts: number[] = [];
    expect(
      endOf((world) => {
        world.at(35, () => counts.push(world.reset('server', 'client'), world.reset('server', 'client')));
      }),
    ).toBe('ECONNRESET at 35');
    expect(counts.slice(0, 2)).toEqual([1, 0]);
  });

  it('change links while the world runs', () => {
    const slow = (world: World): void => world.at(20, () => world.link('client', 'server', { latencyMs: 100 }));
    expect(endOf(slow)).toBe('none at 2020');
  });

  it('stall a host', () => {
    expect(endOf((world) => world.at(25, () => world.stall('server', 300)))).toBe('none at 515');
  });

  it('make a call fail, or move fewer bytes', () => {
    let calls: string[] = [];
    const outcome = pair(
      function* () {
        calls = [];
        calls.push(yield* codeOf(openConnection('10.0.0.1', 7) as unknown as Steps<unknown>));
        yield* echoClient(3)() as Steps<void>;
      },
      (world) => {
        world.inject('client', 'socket', 'EMFILE');
        world.inject('client', 'send', 3);
        world.inject('client', 'send', 'EAGAIN');
        world.inject('server', 'recv', 'EAGAIN');
        world.inject('server', 'recv', 1);
        world.inject('server', 'accept', 'EAGAIN');
      },
    );
    expect(outcome.failure).toBeNull();
    expect(calls).toEqual(['EMFILE at 0']);
  });

  it('limit the descriptors of a host', () => {
    let code = '';
    const outcome = simulate({ seeds: 1 }, (world) => {
      world.host(
        'small',
        function* () {
          const sockets: Socket[] = [];
          try {
            for (;;) sockets.push(new Socket(AF_INET));
          } catch (error) {
            code = `${(error as OSError).code} after ${sockets.length}`;
          }
          for (const socket of sockets) socket.close();
          yield* sleep(1);
        },
        { openFiles: 10 },
      );
      world.host('large', function* () {
        for (let i = 0; i < 100; i += 1) new Socket(AF_INET).close();
        yield* sleep(1);
      });
    });
    expect(outcome.failure).toBeNull();
    expect(code).toBe('EMFILE after 5'); // 3 standard streams, and 2 of the loop
  });

  it('hold packets back: datagrams too', () => {
    const received: string[] = [];
    const outcome = simulate({ seeds: 1, latencyMs: 5, compareRuns: false }, (world) => {
      world.host('server', function* () {
        const { transport } = yield* createDatagramEndpoint(
          () => ({
            datagramReceived(data: Buffer) {
              received.push(`${String(data)} at ${getRunningLoop().time()}`);
            },
          }),
          { localAddress: { host: '10.0.0.1', port: 53 } },
        );
        try {
          yield* sleep(1000);
        } finally {
          transport.close();
        }
      });
      world.host('client', function* () {
        using socket = new Socket(AF_INET, 2);
        const send = (text: string): unknown => socket.sendTo(Buffer.from(text), { host: '10.0.0.1', port: 53 });
        yield* sleep(10);
        world.hold('client', 'server');
        send('held');
        yield* sleep(10);
        world.repair('client', 'server');
        world.partition('client', 'server');
        send('lost');
        yield* sleep(10);
        world.repair('client', 'server');
        send('sent');
      });
    });
    expect(outcome.failure).toBeNull();
    expect(received).toEqual(['held at 25', 'sent at 35']);
  });

  it('watch the packets', () => {
    const packets: Packet[] = [];
    pair(echoClient(1) as () => Steps<void>, (world) => world.tap((packet) => packets.push(packet)), {
      compareRuns: false,
    });
    expect(packets[0]).toEqual({ timeMs: 0, from: 'client', to: 'server', text: '10.0.0.2:32768 > 10.0.0.1:7 SYN' });
    expect(packets.at(-1)!.text).toMatch(/ACK/);
  });
});

it('hosts find each other by their names, and a lookup can fail', () => {
  const codes = new Set<string>();
  const outcome = simulate({ seeds: 20, faults: { lookups: 0.3 }, compareRuns: false }, (world) => {
    world.host('server', echoServer);
    return world.host('client', function* () {
      for (const name of ['server', 'nobody']) {
        codes.add(
          (yield* codeOf(
            (function* () {
              (yield* openConnection(name, 7)).writer.close();
            })(),
          )).split(' ')[0]!,
        );
      }
    });
  });
  expect(outcome.failure).toBeNull();
  expect([...codes].sort()).toEqual(['EAI_AGAIN', 'ENOTFOUND', 'none']);
});

it('a signal reaches the program of one host', () => {
  const seen: unknown[] = [];
  const outcome = simulate({ seeds: 1, compareRuns: false }, (world) => {
    for (const name of ['a', 'b']) {
      world.host(name, function* () {
        const stopped = new Event();
        if (name === 'a') getRunningLoop().addSignalHandler('SIGTERM', () => stopped.set());
        yield* moveOnAfter(1000, () => stopped.wait());
        seen.push(`${name} at ${getRunningLoop().time()}`);
      });
    }
    world.at(300, () => seen.push(world.signal('a', 'SIGTERM'), world.signal('b', 'SIGTERM')));
  });
  expect(outcome.failure).toBeNull();
  expect(seen).toEqual([true, false, 'a at 300', 'b at 1000']);
});

describe('a crash', () => {
  /** A server that crashes and is started again, and a client that connects again. Returns what the client has seen. */
  function crashes(power: boolean): string[] {
    const log: string[] = [];
    let closed = 0;
    const outcome = simulate({ seeds: 1, latencyMs: 10, compareRuns: false }, (world) => {
      world.host('server', function* () {
        try {
          const server = yield* startServer(
            function* (reader, writer) {
              try {
                for (let line = yield* reader.readline(); line.length > 0; line = yield* reader.readline())
                  writer.write(line);
              } finally {
                writer.close();
              }
            },
            '10.0.0.1',
            7,
          );
          yield* server.serveForever();
        } finally {
          closed += 1;
        }
      });
      world.at(100, () => world.crash('server', { power }));
      world.at(300, () => world.restart('server'));
      return world.host('client', function* () {
        const { reader, writer } = yield* openConnection('10.0.0.1', 7);
        yield* sleep(85); // the line is on its way when the server crashes
        writer.write(Buffer.from('lost\n'));
        log.push(yield* codeOf(reader.readline() as unknown as Steps<unknown>));
        writer.close();
        log.push(yield* codeOf(echoClient(1)() as Steps<void>));
        yield* sleep(500 - getRunningLoop().time());
        log.push(yield* codeOf(echoClient(1)() as Steps<void>));
      });
    });
    expect(outcome.failure).toBeNull();
    expect(closed).toBe(1); // at the end of the run: a crash runs no `finally`
    return log;
  }

  it('of a program ends its connections, and it can be started again', () => {
    // The end of the stream, then a refused connect.
    expect(crashes(false)).toEqual(['none at 110', 'ECONNREFUSED at 130', 'none at 540']);
  });

  it('of a machine is silent until its restart', () => {
    expect(crashes(true)).toEqual(['ECONNRESET at 310', 'none at 350', 'none at 540']);
  });
});

it('a blocking call of a program waits in virtual time', () => {
  let received = '';
  const outcome = simulate({ seeds: 1, compareRuns: false }, (world) => {
    world.host('one', function* () {
      using listener = new Socket(AF_INET);
      listener.bind({ host: '127.0.0.1', port: 80 });
      listener.listen();
      using client = new Socket(AF_INET);
      client.connect({ host: '127.0.0.1', port: 80 });
      listener.setBlocking(false);
      const { socket } = yield* sockAccept(listener);
      client.send(Buffer.from('hello'));
      received = String(yield* sockRecv(socket, 100));
      socket.close();
    });
  });
  expect(outcome.failure).toBeNull();
  expect(received).toBe('hello');
});
