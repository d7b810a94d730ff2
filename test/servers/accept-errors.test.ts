/** The errors of accept(2): those of one connection, those of the listener, and a lack of resources. */

import { describe, expect, it } from 'vitest';

import { type Steps, createServer, createTask, getRunningLoop, runSync, sleep, sockAccept } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';

import { errorOf, everyLoop } from '../support/every-loop.js';
import { Recording, errorsOfLoop, until } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';
import { closed, knock, scriptedListener } from './accepting.js';

/** The numbers of Linux, so that a wrong name in the library would be noticed. */
const ERRORS_OF_A_CONNECTION = {
  ECONNABORTED: -103,
  EPROTO: -71,
  EPERM: -1,
  ENETDOWN: -100,
  ENOPROTOOPT: -92,
  EHOSTDOWN: -112,
  ENONET: -64,
  EHOSTUNREACH: -113,
  EOPNOTSUPP: -95,
  ENETUNREACH: -101,
};

const OUT_OF_RESOURCES = { EMFILE: -24, ENFILE: -23, ENOBUFS: -105, ENOMEM: -12 };

const inVirtualTime = (body: () => Steps<unknown>): void => void runSync(body, { loopFactory: () => virtualLoop() });

describe.each(everyLoop)('errors of one connection ($name)', ({ run }) => {
  it('do not keep a server from the next connection, in the same event, and are not reported', () =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const script = Object.values(ERRORS_OF_A_CONNECTION);
      const { listener, calls } = scriptedListener(opened, (call) => script[call - 1] ?? null);
      const connection = new Recording();
      const server = yield* createServer(() => connection, null, null, { socket: listener });
      knock(opened, server, 1);
      yield* until(() => calls.length > 0);
      expect(calls.length).toBe(script.length + 2); // the errors, the connection, EAGAIN
      yield* until(() => connection.log.includes('made'));
      expect(errors).toEqual([]);
      yield* closed(server);
    }));

  it('do not keep sockAccept from the next connection', () =>
    run(function* () {
      using opened = new Opened();
      const script = Object.values(ERRORS_OF_A_CONNECTION);
      const { listener } = scriptedListener(opened, (call) => script[call - 1] ?? null);
      opened.socket().connectEx(listener.getsockname());
      const { socket } = yield* sockAccept(listener);
      expect(socket.fileno()).toBeGreaterThan(0);
      socket.close();
    }));
});

describe('a listener that fails in every call', () => {
  it.each(Object.entries({ ...ERRORS_OF_A_CONNECTION, EINVAL: -22, ...OUT_OF_RESOURCES }))(
    'with %s makes a server pause, so that it does not spin',
    (name, errno) =>
      inVirtualTime(function* () {
        using opened = new Opened();
        const errors = errorsOfLoop();
        const { listener, calls } = scriptedListener(opened, () => errno);
        const server = yield* createServer(() => ({}), null, null, { socket: listener });
        knock(opened, server, 1);
        const { iterations } = getRunningLoop().statistics();
        yield* sleep(4500);
        const tries = name in ERRORS_OF_A_CONNECTION ? 101 : 1;
        expect(calls.length).toBe(5 * tries);
        expect(errors.length).toBe(5); // one a second
        expect(getRunningLoop().statistics().iterations - iterations).toBeLessThan(20);
        yield* closed(server);
      }),
  );

  it('makes sockAccept fail instead of blocking the loop', () =>
    inVirtualTime(function* () {
      using opened = new Opened();
      const { listener } = scriptedListener(opened, () => ERRORS_OF_A_CONNECTION.EOPNOTSUPP);
      const failing = createTask(() => sockAccept(listener));
      expect(yield* errorOf(failing)).toMatchObject({ errno: -95, syscall: 'accept' });
    }));
});
