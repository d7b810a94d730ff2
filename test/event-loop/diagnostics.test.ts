/** The channels of node:diagnostics_channel. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import http from 'node:http';

import {
  type DiagnosticsMessages,
  type EventLoop,
  type StreamReader,
  type StreamWriter,
  connectAcceptedSocket,
  createTask,
  getRunningLoop,
  openConnection,
  run,
  runSync,
  sleep,
  socketpair,
  startServer,
} from 'selectloop';
import { serveHttp } from 'selectloop/node';
import { VirtualClock, virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { certificates } from '../tls/certificates.js';

type Name = keyof DiagnosticsMessages;

/** Collects the messages of a channel while `body` runs. */
async function messagesOf<N extends Name>(name: N, body: () => unknown): Promise<Array<DiagnosticsMessages[N]>> {
  const messages: Array<DiagnosticsMessages[N]> = [];
  const listener = (message: unknown): void => void messages.push(message as DiagnosticsMessages[N]);
  subscribe(name, listener);
  try {
    await body();
  } finally {
    unsubscribe(name, listener);
  }
  return messages;
}

const echoOne = async (reader: StreamReader, writer: StreamWriter): Promise<void> => {
  writer.write(await reader.read(100));
  writer.close();
};

describe('selectloop:connection:open and selectloop:connection:close', () => {
  const { ca, server: identity } = certificates();
  const tlsOfServer = { tls: identity };
  const tlsOfClient = { tls: { ca }, serverName: 'localhost' };
  const kinds: Array<[string, object, object, boolean]> = [
    ['plain', {}, {}, false],
    ['over TLS', tlsOfServer, tlsOfClient, false],
    ['with startTls in the middle', {}, {}, true],
  ];

  it.each(kinds)('are published once for each side of a connection (%s)', async (_, ofServer, ofClient, upgrade) => {
    const order: string[] = [];
    let closed: Array<DiagnosticsMessages['selectloop:connection:close']> = [];
    const opened = await messagesOf('selectloop:connection:open', async () => {
      closed = await messagesOf('selectloop:connection:close', () =>
        run(async () => {
          const server = await startServer(
            async (reader, writer) => {
              order.push('handler');
              if (upgrade) await writer.startTls({ tls: identity });
              await echoOne(reader, writer);
            },
            '127.0.0.1',
            0,
            ofServer,
          );
          const { reader, writer } = await openConnection('127.0.0.1', server.port, ofClient);
          if (upgrade) await writer.startTls(tlsOfClient);
          writer.write(Buffer.from('x'));
          expect(String(await reader.read(-1))).toBe('x');
          writer.close();
          await writer.waitClosed();
          server.close();
          await server.waitClosed();
        }),
      );
    });
    expect(opened.map(({ side }) => side).toSorted()).toEqual(['client', 'server']);
    expect(closed.map(({ side, error }) => [side, error]).toSorted()).toEqual([
      ['client', null],
      ['server', null],
    ]);
    expect(new Set(closed.map(({ connection }) => connection))).toEqual(
      new Set(opened.map(({ connection }) => connection)),
    );
    expect(order).toEqual(['handler']);
  });

  it('say why a connection was lost, and that an accepted socket is the side of the server', async () => {
    const closed = await messagesOf('selectloop:connection:close', () =>
      run(function* () {
        const [ours, theirs] = socketpair();
        const { transport } = yield* connectAcceptedSocket(() => ({ connectionMade: () => undefined }), ours);
        theirs.close();
        transport.write(Buffer.from('x'));
        yield* sleep(5);
        transport.abort();
        yield* sleep(0);
      }),
    );
    expect(closed).toEqual([expect.objectContaining({ side: 'server', error: expect.anything() as unknown })]);
  });

  it('are published for the sockets of serveHttp', async () => {
    const sides: string[] = [];
    const opened = await messagesOf('selectloop:connection:open', async () => {
      const closed = await messagesOf('selectloop:connection:close', () =>
        run(async () => {
          const httpServer = http.createServer((_, response) => response.end('hello'));
          const server = await serveHttp(httpServer, '127.0.0.1', 0);
          await fetch(`http://127.0.0.1:${server.port}/`).then((response) => response.text());
          httpServer.closeAllConnections();
          server.close();
          await server.waitClosed();
        }),
      );
      sides.push(...closed.map(({ side }) => side));
    });
    expect([opened.map(({ side }) => side), sides]).toEqual([['server'], ['server']]);
  });
});

describe('selectloop:task:create and selectloop:task:fail', () => {
  it('are published for every task, and for one that fails; not for one that is cancelled', async () => {
    const failed: string[] = [];
    const created = await messagesOf('selectloop:task:create', async () => {
      const messages = await messagesOf('selectloop:task:fail', () => {
        runSync(function* main() {
          const late = createTask(() => sleep(1000), { name: 'late' });
          const wrong = createTask(
            function* () {
              yield* sleep(0);
              throw new RangeError('no');
            },
            { name: 'wrong' },
          );
          yield* sleep(1);
          late.cancel();
          expect(String(wrong.exception())).toBe('RangeError: no');
        });
      });
      failed.push(...messages.map(({ task, error }) => `${task.getName()}: ${String(error)}`));
    });
    expect(created.map(({ task }) => task.getName()).slice(1)).toEqual(['late', 'wrong']);
    expect(failed).toEqual(['wrong: RangeError: no']);
  });
});

describe('selectloop:callback:slow', () => {
  /** Runs two steps in virtual time, of which one takes 80 ms. */
  function runSlowly(prepare: (loop: EventLoop) => void): void {
    const clock = new VirtualClock();
    runSync(
      function* () {
        prepare(getRunningLoop());
        yield* sleep(1);
        const task = createTask(
          function* () {
            yield* sleep(1);
            clock.advance(80);
          },
          { name: 'slow' },
        );
        yield* task;
      },
      { loopFactory: () => virtualLoop({ clock }) },
    );
  }

  it('names the task whose step took longer than slowCallbackMs, and how long it took', async () => {
    const messages = await messagesOf('selectloop:callback:slow', () => {
      runSlowly((loop) => {
        loop.slowCallbackMs = 50;
      });
      runSlowly(() => undefined); // the limit is 100 ms
    });
    expect(messages).toHaveLength(1);
    expect(String(messages[0]!.handle)).toContain("name='slow'");
    expect(messages[0]!.durationMs).toBe(80);
  });

  it('costs an instrument only while the channel has subscribers, which may come and go during a run', () => {
    const seen: boolean[] = [];
    const look = (loop: EventLoop): void => void seen.push(loop._instrument !== null);
    const loop = virtualLoop(); // a real timer that is late may leave no time to poll, and subscribers are followed beside each poll
    loop.runUntilComplete(function* () {
      const listener = (): void => undefined;
      look(loop);
      subscribe('selectloop:callback:slow', listener);
      yield* sleep(1);
      look(loop);
      unsubscribe('selectloop:callback:slow', listener);
      yield* sleep(1);
      look(loop);
    });
    loop.close();
    expect(seen).toEqual([false, true, false]);
  });
});
