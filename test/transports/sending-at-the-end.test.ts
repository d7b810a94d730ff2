/** Batched writes to several connections, when the loop or the process ends before they are sent. */

import { expect, it } from 'vitest';

import { KeyboardInterrupt, type Steps, newEventLoop, run, runSync, sleep } from 'selectloop';

import { startProgram } from '../support/child-program.js';
import { ended, greeted } from '../support/connections.js';
import { drained } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';

it.each(['select', 'poll', 'epoll'] as const)('a loop that is stopped has sent all written bytes (%s)', (selector) => {
  using opened = new Opened();
  const loop = newEventLoop({ selector });
  let answered = 0;
  const all = loop.runUntilComplete(
    greeted(opened, 3, (i, others) => ({
      dataReceived(data: Buffer) {
        others[i]!.transport.write(data);
        answered += 1;
        if (answered === 3) loop.stop();
      },
    })),
  );
  loop.runForever();
  expect(all.map(({ peer }) => drained(peer))).toEqual(['hello', 'hello', 'hello']);
  loop.runUntilComplete(ended(all));
  loop.close();
});

it.each([true, false])(
  'a fatal error from the last send ends the run, and leaves a thread that can run loops (hosted: %s)',
  async (hosted) => {
    using opened = new Opened();
    const loop = newEventLoop();
    const reports: string[] = [];
    function* main(): Steps<void> {
      loop.setDebug(true); // debug mode reports lost connections
      loop.slowCallbackMs = Infinity; // a busy machine is no error
      loop.setExceptionHandler((_, { message }) => {
        reports.push(message);
        if (message.startsWith('Fatal write error')) throw new KeyboardInterrupt();
      });
      yield* greeted(opened, 3, (i, others) => ({
        dataReceived(data: Buffer) {
          others[i]!.peer.close();
          others[i]!.transport.write(data);
          if (others.every(({ peer }) => peer.fileno() < 0)) loop.stop();
        },
      }));
      yield* sleep(10_000);
    }
    const running = hosted
      ? run(main, { loopFactory: () => loop })
      : new Promise((_, reject) => {
          try {
            runSync(main, { loopFactory: () => loop });
          } catch (error) {
            reject(error);
          }
        });
    await expect(running).rejects.toThrow(KeyboardInterrupt);
    expect(reports.filter((text) => text === 'Fatal write error on socket transport')).toHaveLength(3);
    const next = runSync(function* () {
      return yield* sleep(0, 'the next run');
    });
    expect(next).toBe('the next run');
  },
);

it('a process that exits has sent all written bytes', async () => {
  using opened = new Opened();
  const { listener, address } = opened.listener();
  listener.setBlocking(true);
  const program = startProgram(`
    import { createConnection, run, sleep } from 'selectloop';
    const all = [];
    const answer = {
      dataReceived(data) {
        for (const transport of all) transport.write(data);
        process.exit(0);
      },
    };
    await run(function* () {
      for (let i = 0; i < 2; i += 1) all.push((yield* createConnection(() => answer, "127.0.0.1", ${address.port})).transport);
      for (const transport of all) transport.write(Buffer.from('?'));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300); // both have bytes at the next poll
      yield* sleep(10_000);
    });
  `);
  const peers = [listener.accept().socket, listener.accept().socket].map((socket) => opened.add(socket));
  for (const peer of peers) {
    peer.setBlocking(true);
    expect(peer.recv(1).toString()).toBe('?');
  }
  for (const peer of peers) peer.send(Buffer.from('bye'));
  expect(await program.ended).toMatchObject({ code: 0 });
  for (const peer of peers) expect(peer.recv(10).toString()).toMatch(/^bye/);
});
