/** The openssl command as the client of a TLS server. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { startServer } from 'selectloop';
import { fromPromise } from 'selectloop/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hostedLoops } from '../support/every-loop.js';
import { shout } from '../streams/serving.js';
import { certificates } from './certificates.js';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'selectloop-openssl-'));
  writeFileSync(join(folder, 'ca.crt'), certificates().ca);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe.each(hostedLoops)('openssl s_client ($name)', (kind) => {
  it.each(['-tls1_2', '-tls1_3'])('verifies the server, exchanges lines and reads to EOF (%s)', (version) =>
    kind.run(function* () {
      const server = yield* startServer(
        function* (reader, writer) {
          yield* shout(reader, writer);
        },
        '127.0.0.1',
        0,
        { tls: certificates().server },
      );
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const args = ['-connect', `127.0.0.1:${port}`, '-CAfile', join(folder, 'ca.crt'), '-verify_return_error'];
      const client = spawn('openssl', ['s_client', ...args, '-verify_hostname', 'localhost', '-quiet', version]);
      client.stdin.write('hello\nfrom openssl\n');
      const shown = text(client.stdout);
      client.stdout.on('data', (data) => {
        if (String(data).includes('OPENSSL')) server.closeClients(); // ends the connection, and openssl with it
      });
      expect(yield* fromPromise(shown)).toBe('HELLO\nFROM OPENSSL\n');
      server.close();
      yield* server.waitClosed();
      client.kill();
    }),
  );
});
