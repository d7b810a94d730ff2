import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import {
  Condition,
  ContextVar,
  EventLoop,
  Future,
  Lock,
  Queue,
  copyContext,
  createTask,
  gather,
  getRunningLoop,
  openConnection,
  run,
  sleep,
  startServer,
  taskGroup,
  timeout,
} from '../../lib/index.js';
import { Socket } from '../../lib/sockets/index.js';

describe('console.log of what the library returns', () => {
  it('prints its state in one line, as toString() does', () =>
    run(async () => {
      const loop = getRunningLoop();
      const server = await startServer(() => undefined, '127.0.0.1', 0);
      const { reader, writer } = await openConnection('127.0.0.1', server.port);
      const variable = new ContextVar('name');
      const coroutine = sleep(0);
      const socket = new Socket();
      const scheduled = [loop.callSoon(() => undefined), loop.callLater(1, () => undefined)];
      await timeout(1000, async (scope) => {
        await taskGroup(async (group) => {
          const made = [
            loop,
            scope,
            group,
            server,
            reader,
            writer,
            writer.transport,
            variable,
            variable.set(2),
            socket,
          ];
          const waits = [createTask(sleep(0)), new Future(), gather([sleep(0)]), coroutine, new Queue(), new Lock()];
          for (const each of [...made, ...waits, ...scheduled, copyContext(), new Condition()]) {
            const text = inspect(each);
            expect(text).toBe(String(each));
            expect(text).toMatch(/^(<.*>|Socket \{.*\})$/);
            expect(text.length).toBeLessThan(150);
          }
        });
      });
      await coroutine;
      socket.close();
      writer.close();
      server.close();
    }));

  it('tells what a loop is doing', () => {
    const loop = new EventLoop({ debug: true });
    expect(String(loop)).toBe('<EventLoop stopped, debug>');
    loop.callSoon(() => {
      expect(String(loop)).toBe('<EventLoop running, debug>');
      loop.stop();
    });
    loop.runForever();
    loop.close();
    expect(inspect(loop)).toBe('<EventLoop closed, debug>');
  });
});
