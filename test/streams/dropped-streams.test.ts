/** Connections whose streams were dropped without being closed. */

import { setImmediate as nextTurnOfNode } from 'node:timers/promises';

import {
  StreamReader,
  StreamReaderProtocol,
  StreamWriter,
  createTask,
  getRunningLoop,
  newEventLoop,
  run,
  sleep,
} from 'selectloop';
import { beforeAll, describe, expect, it } from 'vitest';

import { recordResourceWarnings } from '../support/resource-warnings.js';
import { ManualTransport } from './manual-transport.js';
import { closeAll, connect, serve } from './serving.js';

const warnings = recordResourceWarnings();

/** Collects garbage, and gives the finalizers and their warnings time to run. */
async function collectOnce(): Promise<void> {
  globalThis.gc!();
  await nextTurnOfNode();
  await sleep(1);
}

/** Collects garbage until a warning has arrived. */
async function collect(): Promise<void> {
  for (let i = 0; i < 5 && warnings.length === 0; i += 1) await collectOnce();
}

// Ignores streams that earlier test files dropped in the same process.
beforeAll(async () => {
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc!();
    await nextTurnOfNode();
  }
});

describe('dropped streams', () => {
  it('are reported, and the connection is closed', () =>
    run(async () => {
      const serving = await createTask(serve(() => undefined));
      const { reader, writer } = await createTask(connect(serving));
      const end = createTask(reader.read());
      await collect();
      expect((await end).length).toBe(0);
      expect(warnings).toEqual([expect.stringMatching(/^unclosed <StreamWriter transport=<.*>>: close\(\) it/)]);
      await createTask(closeAll(serving, writer));
    }));

  it('a reader that is still in use keeps the connection open, even if the writer is dropped', () =>
    run(async () => {
      const readers: StreamReader[] = [];
      const serving = await createTask(serve((reader) => void readers.push(reader)));
      const { writer } = await createTask(connect(serving));
      const line = readers[0]!.readline();
      await collect();
      writer.write(Buffer.from('still there\n'));
      expect((await line).toString()).toBe('still there\n');
      expect(warnings).toEqual([]);
      await createTask(closeAll(serving, writer));
      await sleep(5);
    }));

  it('a task that waits for a line also keeps the connection open', () =>
    run(async () => {
      const serving = await createTask(
        serve(function* (reader) {
          yield* reader.readline();
        }),
      );
      const { writer } = await createTask(connect(serving));
      await collect();
      expect(warnings).toEqual([]);
      expect(writer.isClosing()).toBe(false);
      serving.server.abortClients();
      await createTask(closeAll(serving, writer));
    }));

  it('are not reported if they were closed', () =>
    run(async () => {
      const serving = await createTask(serve((_, writer) => writer.close()));
      const { writer } = await createTask(connect(serving));
      await createTask(closeAll(serving, writer));
      await collect();
      expect(warnings).toEqual([]);
    }));

  it('whose transport fails are reported to the exception handler, and closed', async () => {
    class Failing extends ManualTransport {
      override getProtocol(): never {
        throw new Error('no protocol');
      }
    }
    const reports: unknown[] = [];
    const closed: boolean[] = [];
    await run(async () => {
      getRunningLoop().setExceptionHandler((_, { message, exception }) => void reports.push([message, exception]));
      const transports = [1].map(() => {
        const reader = new StreamReader();
        const protocol = new StreamReaderProtocol(reader);
        const transport = new Failing(protocol);
        new StreamWriter(transport, protocol, reader);
        return transport;
      });
      for (let i = 0; i < 5 && reports.length === 0; i += 1) await collectOnce();
      closed.push(...transports.map((transport) => transport.isClosing()));
    });
    expect(reports).toEqual([['closing a dropped connection failed', new Error('no protocol')]]);
    expect(closed).toEqual([true]);
  });

  it('whose loop is closed are reported as such', async () => {
    const loop = newEventLoop();
    loop.callSoon(() => {
      const reader = new StreamReader();
      const protocol = new StreamReaderProtocol(reader);
      new StreamWriter(new ManualTransport(protocol), protocol, reader);
    });
    loop.runOnce(0);
    loop.close();
    await run(collect);
    expect(warnings).toEqual(['unclosed <StreamWriter transport=<ManualTransport>>, and its loop is closed']);
  });
});
