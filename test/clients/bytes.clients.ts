/** nc, socat and Python's asyncio streams: bytes over TCP, UNIX sockets and UDP. */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createNodeServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { ServerProcess, sh } from './servers.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-clients-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Checksums of random bytes sent through a client and of those that came back; equal if nothing is lost. */
async function checksums(client: string): Promise<string[]> {
  const file = join(folder, 'random');
  const lines = await sh(
    `head -c 20000000 /dev/urandom > ${file}; sha256sum < ${file}; ${client} < ${file} | sha256sum`,
  );
  return lines.trim().split('\n');
}

const apis = ['sockets', 'async', 'protocol', 'streams'].flatMap((api) =>
  ['select', 'poll', 'epoll'].map((selector) => [api, selector] as const),
);

describe.each(apis)('selectloop echo --api %s --selector %s', (api, selector) => {
  it('returns 20 MB from nc and from socat unchanged', async () => {
    await using server = await ServerProcess.echo('--api', api, '--selector', selector);
    for (const client of [`nc -N 127.0.0.1 ${server.port}`, `socat -t 30 - TCP:127.0.0.1:${server.port}`]) {
      const [sent, received] = await checksums(client);
      expect(received).toBe(sent);
    }
  });
});

describe('selectloop echo --workers 2', () => {
  it('serves a hundred concurrent nc', async () => {
    await using server = await ServerProcess.echo('--workers', '2');
    const line = `seq 100 | xargs -P 20 -I{} sh -c 'echo {} | nc -N 127.0.0.1 ${server.port}' | sort -n | tr '\\n' ' '`;
    expect(await sh(line)).toBe(`${Array.from({ length: 100 }, (_, i) => i + 1).join(' ')} `);
  });
});

describe('socat', () => {
  it('calls procedures over a UNIX socket', async () => {
    const path = join(folder, 'rpc');
    await using _server = await ServerProcess.example('unix-rpc', ['--path', path]);
    const calls = '{"id":1,"method":"slowly","args":["late",300]}\\n{"id":2,"method":"add","args":[1,2]}\\n';
    const answers = await sh(`(printf '${calls}'; sleep 1) | socat - UNIX-CONNECT:${path}`);
    expect(answers).toBe('{"id":2,"result":3}\n{"id":1,"result":"late"}\n');
  });

  it('queries the name server over UDP', async () => {
    await using server = await ServerProcess.example('udp-names', ['--port', '0', 'loop.test=127.0.0.7']);
    const query =
      '\\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x04loop\\x04test\\x00\\x00\\x01\\x00\\x01';
    const answer = await sh(`printf '${query}' | socat -t 2 - UDP:127.0.0.1:${server.port} | xxd -p | tr -d '\\n'`);
    expect(answer).toMatch(/^12348500000100010000000004.*7f000007$/);
  });
});

describe("Python's asyncio streams", () => {
  it('work as a client of the echo server: 50 connections, 200 lines each', async () => {
    await using server = await ServerProcess.example('echo-streams', ['--port', '0']);
    expect(await sh(`python3 test/clients/programs/stream_client.py ${server.port}`)).toBe('10000 lines came back\n');
  });

  it('work as a server behind the proxy', async () => {
    const reserved = createNodeServer().listen(0, '127.0.0.1');
    await once(reserved, 'listening');
    const { port } = reserved.address() as { port: number };
    await new Promise((resolve) => reserved.close(resolve));
    await using proxy = await ServerProcess.example('proxy', ['--port', '0', '--to-port', String(port)]);
    const python = `python3 test/clients/programs/stream_server.py ${port}`;
    const client = `python3 test/clients/programs/stream_client.py ${proxy.port}`;
    expect(await sh(`${python} & sleep 1; ${client}; status=$?; kill %1; exit $status`)).toBe(
      '10000 lines came back\n',
    );
  });
});
