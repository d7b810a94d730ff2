/** `server.stopping`: handlers learn that their server stops. */

import {
  type Steps,
  type StreamReader,
  type StreamWriter,
  createTask,
  getRunningLoop,
  openConnection,
  sleep,
  startServer,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { everyLoop } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';

describe.each(everyLoop)('server.stopping ($name)', ({ run }) => {
  it('is aborted when the server gets its signal, and ends handlers that wait with it, which is no failure', async () => {
    const outcome = await run(function* () {
      const errors = collectErrors(getRunningLoop());
      const served: string[] = [];
      function* handler(reader: StreamReader, writer: StreamWriter): Steps<void> {
        for (;;) {
          served.push(String(yield* reader.readline({ signal: server.stopping })).trim());
          writer.write(Buffer.from('ok\n'));
        }
      }
      const server = yield* startServer(handler, '127.0.0.1', 0);
      const before = server.stopping.aborted;
      const { reader, writer } = yield* openConnection('127.0.0.1', server.port);
      writer.write(Buffer.from('first\n'));
      yield* reader.readline();
      const serving = createTask(server.serveUntil('SIGUSR2', { graceMs: 60_000, exitBySignal: false }));
      yield* sleep(0);
      process.kill(process.pid, 'SIGUSR2');
      const signal = yield* serving; // long before the end of the grace
      const { aborted, reason } = server.stopping as { aborted: boolean; reason: DOMException };
      const rest = yield* reader.read();
      writer.close();
      return { served, errors, before, signal, aborted, name: reason.name, text: reason.message, rest: rest.length };
    });
    expect(outcome).toEqual({
      served: ['first'],
      errors: [],
      before: false,
      signal: 'SIGUSR2',
      aborted: true,
      name: 'AbortError',
      text: 'The server is stopping',
      rest: 0,
    });
  });

  it('is aborted by close(), also if it is asked for afterwards, and is the same signal each time', () =>
    run(function* () {
      const noHandler = (_reader: StreamReader, writer: StreamWriter): void => writer.close();
      const asked = yield* startServer(noHandler, '127.0.0.1', 0);
      const reasons: unknown[] = [];
      asked.stopping.addEventListener('abort', () => reasons.push(asked.stopping.reason));
      asked.close();
      asked.close();
      expect(reasons).toEqual([asked.stopping.reason]);
      const late = yield* startServer(noHandler, '127.0.0.1', 0);
      late.close();
      expect(late.stopping.aborted).toBe(true);
      expect(late.stopping).toBe(late.stopping);
    }));
});
