/** A service that stops in order at SIGTERM and is started again: a request that it has begun is answered, or its connection has an error. */

import { type Steps, type StreamReader, type StreamWriter, openConnection, sleep, startServer } from 'selectloop';

import { OPTIONS, type Scenario, isExpected, trouble, untilDone, whenAllEnded } from './scenario.js';

/** Longer than any request takes. */
const GRACE_MS = 2000;

export const service: Scenario = {
  options: OPTIONS,
  build(world) {
    /** The requests that the server has read, and has neither answered nor lost with their connection. */
    const open = new Set<string>();

    function* handle(reader: StreamReader, writer: StreamWriter): Steps<void> {
      let request = '';
      try {
        request = String(yield* reader.readline());
        if (!request.endsWith('\n')) return;
        open.add(request);
        yield* sleep(Math.floor(world.random() * 300));
        open.delete(request);
        writer.write(Buffer.from(request.toUpperCase()));
        yield* writer.drain();
      } catch (error) {
        if (!isExpected(error)) throw error;
        open.delete(request);
      } finally {
        writer.close();
      }
    }

    const server = world.host('server', () =>
      untilDone(function* () {
        const listening = yield* startServer(handle, 'server', 80);
        yield* listening.serveUntil(['SIGTERM'], { graceMs: GRACE_MS, exitBySignal: false });
        if (open.size > 0) throw new Error(`begun and not answered: ${[...open].join('')}`);
        return true;
      }),
    );
    let requests = 0;
    const clients = [1, 2].map((number) =>
      world.host(`client ${number}`, function* () {
        for (let i = 0; i < 5; i += 1) {
          yield* untilDone(function* () {
            const { reader, writer } = yield* openConnection('server', 80);
            try {
              const request = `request ${(requests += 1)}\n`;
              writer.write(Buffer.from(request));
              const answer = String(yield* reader.readline());
              if (answer !== '' && answer !== request.toUpperCase())
                throw new RangeError(`got ${JSON.stringify(answer)}`);
              return answer !== '';
            } finally {
              writer.close();
            }
          });
          yield* sleep(world.random() * 200);
        }
      }),
    );
    for (const at of [100 + Math.floor(world.random() * 500), 1500]) {
      world.at(at, () => world.signal('server', 'SIGTERM'));
      world.at(at + 2500, () => {
        if (server.state !== 'running') world.restart('server');
      });
    }
    trouble(world, ['server', 'client 1', 'client 2']);
    return whenAllEnded(world, clients);
  },
};
