/** The address and the port of a server. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createServer, createUnixServer } from 'selectloop';
import { afterAll, describe, expect, it } from 'vitest';

import { everyLoop } from '../support/every-loop.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-address-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(everyLoop)('port and address of a server ($name)', ({ run }) => {
  it('are those of its first socket, before it serves and until it is closed', () =>
    run(function* () {
      const server = yield* createServer(() => ({}), ['127.0.0.1', '::1'], 0, { startServing: false });
      expect(server.address).toEqual({ host: '127.0.0.1', port: server.port });
      expect(server.port).toBeGreaterThan(0);
      expect(server.address).toEqual(server.sockets[0]!.getsockname());
      server.close();
      const closed = expect.objectContaining({
        code: 'ERR_INVALID_STATE',
        message: '<Server closed, sockets: 0, connections: 0> has no address: it is closed',
      }) as Error;
      expect(() => server.address).toThrow(closed);
      expect(() => server.port).toThrow(closed);
      yield* server.waitClosed();
    }));

  it('of a UNIX server are its path, and an error', () =>
    run(function* () {
      const path = join(folder, 'listener');
      const server = yield* createUnixServer(() => ({}), path);
      expect(server.address).toEqual({ path });
      expect(() => server.port).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_STATE',
          message: `<Server serving, sockets: 1, connections: 0> has no port: it listens on { path: '${path}' }`,
        }) as Error,
      );
      server.close();
      yield* server.waitClosed();
    }));
});
