/** openssl s_client: a real client shakes hands, verifies the certificate, and gets its bytes back. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ServerProcess, sh } from './servers.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-clients-'));
const key = join(folder, 'key.pem');
const certificate = join(folder, 'certificate.pem');

beforeAll(async () => {
  const subject = `-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1`;
  await sh(
    `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 ${subject} -keyout ${key} -out ${certificate} 2>&1`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(['-tls1_2', '-tls1_3'])('openssl s_client %s', (version) => {
  it('verifies the certificate, and gets its lines back', async () => {
    await using server = await ServerProcess.file('test/clients/programs/tls-echo.mjs', [key, certificate]);
    const client = `openssl s_client ${version} -connect 127.0.0.1:${server.port} -CAfile ${certificate} -verify_return_error -quiet -no_ign_eof`;
    const lines = await sh(`(seq 20000; sleep 2) | ${client} 2>/dev/null`);
    expect(lines).toBe(Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join(''));
  });
});
