/** Addresses to names, on every selector, hosted and blocking. */

import { existsSync, readFileSync } from 'node:fs';
import { lookupService } from 'node:dns/promises';

import { createTask, getRunningLoop, getnameinfo, newEventLoop, waitFor } from 'selectloop';
import { NI_NUMERICHOST, NI_NUMERICSERV } from 'selectloop/sockets';
import { describe, expect, it } from 'vitest';

import { cancelled, everyLoop, turns, waiting } from '../support/every-loop.js';

const services = existsSync('/etc/services') ? readFileSync('/etc/services', 'utf8') : '';

/** The service name that this system has for a port: many small systems have no table of services. */
const serviceAt = (port: number, protocol = 'tcp'): string =>
  new RegExp(`^(\\S+)\\s+${port}/${protocol}\\b`, 'm').exec(services)?.[1] ?? String(port);

const { hostname: loopbackName } = await lookupService('127.0.0.1', 80);

describe.each(everyLoop)('getnameinfo ($name)', (loop) => {
  it('returns the names of host and port', () =>
    loop.run(function* () {
      expect(yield* getnameinfo({ host: '127.0.0.1', port: 80 })).toEqual({
        host: loopbackName,
        service: serviceAt(80),
      });
      expect(yield* getRunningLoop().getnameinfo({ host: '::1', port: 443 }, { numericHost: true })).toEqual({
        host: '::1',
        service: serviceAt(443),
      });
    }));

  it('returns numbers when asked to, and where there is no name', () =>
    loop.run(function* () {
      const numeric = { numericHost: true, numericService: true };
      expect(yield* getnameinfo({ host: '10.1.2.3', port: 80 }, numeric)).toEqual({ host: '10.1.2.3', service: '80' });
      const flags = NI_NUMERICHOST | NI_NUMERICSERV;
      expect(yield* getnameinfo({ host: '127.0.0.1', port: 80 }, { flags })).toEqual({
        host: '127.0.0.1',
        service: '80',
      });
      const zoned = yield* getnameinfo({ host: 'fe80::1%lo', port: 80 }, { flags });
      expect(zoned).toEqual({ host: 'fe80::1%lo', service: '80' });
      const unknown = yield* getnameinfo({ host: '127.0.0.1', port: 6 }, { numericHost: true });
      expect(unknown.service).toBe('6');
    }));

  it('distinguishes the services of UDP and TCP', () =>
    loop.run(function* () {
      const syslog = { host: '127.0.0.1', port: 514 };
      expect((yield* getnameinfo(syslog, { numericHost: true })).service).toBe(serviceAt(514));
      expect((yield* getnameinfo(syslog, { numericHost: true, datagram: true })).service).toBe(serviceAt(514, 'udp'));
    }));

  it('leaves nothing registered when it is cancelled', () =>
    loop.run(function* () {
      const task = createTask(() => getnameinfo({ host: '127.0.0.1', port: 80 }));
      yield* turns(1);
      if (!task.done()) yield* cancelled(task);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
      expect((yield* waitFor(getnameinfo({ host: '127.0.0.1', port: 80 }), 10_000)).host).toBe(loopbackName);
    }));
});

describe('getnameinfo', () => {
  it('fails with ENOTFOUND for a host without a name when a name is required', async () => {
    // A documentation address (RFC 5737) has no name, whether a name server answers or not.
    const loop = newEventLoop();
    try {
      const failure = loop.runUntilComplete(function* () {
        try {
          return yield* getnameinfo({ host: '192.0.2.1', port: 80 }, { nameRequired: true });
        } catch (error) {
          return error;
        }
      });
      expect(failure).toMatchObject({ name: 'ResolutionError', syscall: 'getnameinfo', hostname: '192.0.2.1' });
      expect(['ENOTFOUND', 'EAI_AGAIN']).toContain((failure as { code: string }).code);
    } finally {
      loop.close();
    }
  });

  it.each([null, undefined, '127.0.0.1', {}, { path: '/tmp/socket' }, { host: 'localhost', port: 80 }])(
    'rejects %j with a TypeError at the call',
    (bad) => {
      expect(() => getnameinfo(bad as never)).toThrow(TypeError);
    },
  );

  it('rejects bad ports and options at the call', () => {
    expect(() => getnameinfo({ host: '127.0.0.1', port: 70_000 })).toThrow(RangeError);
    expect(() => getnameinfo({ host: '127.0.0.1', port: 1 }, { numericHost: 1 as never })).toThrow(
      'getnameinfo: numericHost: expected a boolean, got 1',
    );
  });
});
