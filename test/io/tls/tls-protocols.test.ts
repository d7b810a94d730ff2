/** Protocols over TLS: what they are told, and what is refused and reported, is the same as over TCP. */

import { describe, expect, it } from 'vitest';

import { hostedLoops } from '../../support/every-loop.js';
import { Recording, errorsOfLoop } from '../../support/protocols.js';
import { type Ground, grounds, withPair } from './protocol-pairs.js';

const bytes = (text: string): Buffer => Buffer.from(text);

const kinds = hostedLoops.flatMap(({ name, run }) =>
  grounds.map((ground) => ({ name: `${ground}, ${name}`, ground, run })),
);
const lateWrite: Record<Ground, string> = { tcp: 'socket.send() raised exception.', tls: 'SSL connection is closed' };

describe.each(kinds)('a protocol ($name)', ({ ground, run }) => {
  it('E16: writes to a connection that is lost are dropped; from the fifth on, each is reported', () =>
    run(function* () {
      const errors = errorsOfLoop();
      yield* withPair(ground, new Recording(), new Recording(), function* (_server, client) {
        const { transport } = client;
        transport.abort();
        for (let i = 0; i < 2; i += 1) transport.write(bytes('x'));
        yield* client.lost;
        for (let i = 0; i < 2; i += 1) transport.write(bytes('x'));
        expect(errors).toEqual([]);
        transport.write(bytes('x'));
        transport.writelines([bytes('x')]);
        expect(errors.map(({ message }) => message)).toEqual(Array(2).fill(lateWrite[ground]));
        expect(client.log).toEqual(['made', 'lost null']);
      });
    }));

  it('writelines names the argument that is wrong', () =>
    run(function* () {
      yield* withPair(ground, new Recording(), new Recording(), function* (_server, { transport }) {
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
});
