/** Protocols over TLS: the calls they get, and what is refused and reported, are the same as over TCP. */

import type { Steps } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { hostedLoops, turns } from '../support/every-loop.js';
import { BufferedRecording, Recording, errorsOfLoop, until } from '../support/protocols.js';
import { type Medium, media, withPair } from './protocol-pairs.js';

const bytes = (text: string): Buffer => Buffer.from(text);

const kinds = hostedLoops.flatMap(({ name, run }) =>
  media.map((medium) => ({ name: `${medium}, ${name}`, medium, run })),
);
const lateWrite: Record<Medium, string> = { tcp: 'socket.send() raised exception.', tls: 'SSL connection is closed' };

/** Returns when EOF has arrived at the transport, and a protocol that is not paused would have been notified. */
function* endIsThere({ transport }: Recording): Steps<void> {
  const socket = transport.getExtraInfo('tlsSocket');
  if (socket !== null) yield* until(() => socket.readableEnded, 'the end is there');
  yield* turns(5);
}

/** Pauses whenever it has received something. */
class OneAtATime extends BufferedRecording {
  override bufferUpdated(count: number): void {
    super.bufferUpdated(count);
    this.transport.pauseReading();
  }
}

describe.each(kinds)('a protocol ($name)', ({ medium, run }) => {
  it('writes to a lost connection are dropped, and from the fifth on each is reported', () =>
    run(function* () {
      const errors = errorsOfLoop();
      yield* withPair(medium, new Recording(), new Recording(), function* (_server, client) {
        const { transport } = client;
        transport.abort();
        for (let i = 0; i < 2; i += 1) transport.write(bytes('x'));
        yield* client.lost;
        for (let i = 0; i < 2; i += 1) transport.write(bytes('x'));
        expect(errors).toEqual([]);
        transport.write(bytes('x'));
        transport.writelines([bytes('x')]);
        expect(errors.map(({ message }) => message)).toEqual(Array(2).fill(lateWrite[medium]));
        expect(client.log).toEqual(['made', 'lost null']);
      });
    }));

  it('writelines names the wrong argument', () =>
    run(function* () {
      yield* withPair(medium, new Recording(), new Recording(), function* (_server, { transport }) {
        const errorOf = (list: unknown): unknown => {
          try {
            transport.writelines(list as never);
          } catch (error) {
            return error;
          }
          return null;
        };
        expect(errorOf(5)).toMatchObject({
          code: 'ERR_INVALID_ARG_TYPE',
          message: 'writelines: list: expected an iterable of Buffers, got 5',
        });
        expect(errorOf(null)).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
        expect(String(errorOf([bytes('fine'), 7]))).toMatch(/^TypeError.*writelines: list\[1\]: /);
      });
    }));

  it('is notified of EOF after a pause when it resumes, and its answer arrives', () =>
    run(function* () {
      const pausing = new Recording({ dataReceived: () => pausing.transport.pauseReading() });
      yield* withPair(medium, pausing, new Recording({ eofReceived: () => true }), function* (server, client) {
        client.transport.write(bytes('question'));
        client.transport.writeEof();
        yield* until(() => server.log.includes('data question'));
        yield* endIsThere(server);
        expect(server.log).toEqual(['made', 'data question']);
        server.transport.write(bytes('answer'));
        server.transport.resumeReading();
        yield* server.lost;
        expect(server.log).toEqual(['made', 'data question', 'eof', 'lost null']);
        yield* until(() => client.received === 'answer');
      });
    }));

  it('that pauses in bufferUpdated gets the remaining bytes when it resumes, and then EOF', () =>
    run(function* () {
      yield* withPair(medium, new OneAtATime(Buffer.alloc(4)), new Recording(), function* (server, client) {
        client.transport.write(bytes('abcdefghijkl'));
        client.transport.writeEof();
        for (const count of [1, 2, 3]) {
          yield* until(() => server.chunks.length === count);
          yield* turns(5);
          expect(server.log).toEqual(['made', ...Array<string>(count).fill('updated 4')]);
          expect(server.transport.isReading()).toBe(false);
          server.transport.resumeReading();
        }
        yield* server.lost;
        expect(server.received).toBe('abcdefghijkl');
        expect(server.log.slice(4)).toEqual(['eof', 'lost null']);
      });
    }));

  it.each(['close', 'abort'] as const)('%s() while paused in bufferUpdated drops the remaining bytes', (end) =>
    run(function* () {
      yield* withPair(medium, new OneAtATime(Buffer.alloc(4)), new Recording(), function* (server, client) {
        client.transport.write(bytes('abcdefghijkl'));
        client.transport.writeEof();
        yield* until(() => server.chunks.length === 1);
        server.transport[end]();
        server.transport.resumeReading();
        yield* server.lost;
        yield* turns(5);
        expect(server.log).toEqual(['made', 'updated 4', 'lost null']);
      });
    }),
  );

  it('that pauses in getBuffer is called again when it resumes', () =>
    run(function* () {
      const pausing = new BufferedRecording(Buffer.alloc(4));
      pausing.getBuffer = (hint) => {
        if (pausing.hints.push(hint) === 2) pausing.transport.pauseReading();
        return pausing.buffer;
      };
      yield* withPair(medium, pausing, new Recording(), function* (server, client) {
        client.transport.write(bytes('abcdefgh'));
        yield* until(() => server.hints.length === 2);
        yield* turns(5);
        expect(server.received).toBe('abcd');
        server.transport.resumeReading();
        yield* until(() => server.received === 'abcdefgh');
      });
    }));

  it('an error in bufferUpdated or getBuffer is reported under the name of that method', () =>
    run(function* () {
      const errors = errorsOfLoop();
      for (const method of ['bufferUpdated', 'getBuffer'] as const) {
        const broken = new Error('broken');
        const breaking = new BufferedRecording(Buffer.alloc(4));
        breaking[method] = () => {
          throw broken;
        };
        yield* withPair(medium, breaking, new Recording(), function* (server, client) {
          client.transport.write(bytes('x'));
          expect(yield* server.lost).toBe(broken);
          const message = `Fatal error: protocol.${method}() call failed.`;
          expect(errors.splice(0)).toEqual([expect.objectContaining({ message, exception: broken })]);
        });
      }
    }));

  it("that has ended its side first is notified of the peer's EOF", () =>
    run(function* () {
      const echo = new Recording({ dataReceived: (data) => echo.transport.write(data) });
      const asking = new Recording({
        connectionMade: (transport) => {
          transport.write(bytes('request'));
          transport.writeEof();
        },
        eofReceived: () => true,
      });
      yield* withPair(medium, echo, asking, function* (server, client) {
        yield* until(() => client.log.includes('eof'));
        client.transport.close();
        yield* client.lost;
        expect(client.log).toEqual(['made', 'data request', 'eof', 'lost null']);
        yield* server.lost;
      });
    }));

  it("that has ended its side and is paused is notified of EOF and of the connection's end when it resumes", () =>
    run(function* () {
      const asking = new Recording({
        connectionMade: (transport) => {
          transport.write(bytes('request'));
          transport.writeEof();
        },
        dataReceived: () => asking.transport.pauseReading(),
      });
      const echo = new Recording({ dataReceived: (data) => echo.transport.write(data) });
      yield* withPair(medium, echo, asking, function* (server, client) {
        yield* server.lost;
        yield* until(() => client.received === 'request');
        yield* endIsThere(client);
        expect(client.log).toEqual(['made', 'data request']);
        client.transport.resumeReading();
        yield* client.lost;
        expect(client.log).toEqual(['made', 'data request', 'eof', 'lost null']);
      });
    }));
});
