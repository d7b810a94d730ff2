/** curl and wrk against the file server and the Express app of the examples. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { ServerProcess, sh } from './servers.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-clients-'));
writeFileSync(join(folder, 'small.txt'), 'hello\n');
afterAll(() => rmSync(folder, { recursive: true }));

describe('the file server', () => {
  it('sends 100 MB to curl unchanged, with less than 32 MiB of memory', async () => {
    await using server = await ServerProcess.example('file-server', ['--port', '0', '--folder', folder]);
    await sh(`head -c 100000000 /dev/urandom > ${folder}/large`);
    const before = server.memory();
    const [sent, received] = (
      await sh(`sha256sum < ${folder}/large; curl -sSf 127.0.0.1:${server.port}/large | sha256sum`)
    )
      .trim()
      .split('\n');
    expect(received).toBe(sent);
    expect(server.memory().peak - before.rss).toBeLessThan(32 << 20);
    const status = await sh(`curl -s -o /dev/null -w '%{http_code}' 127.0.0.1:${server.port}/nothing`);
    expect(status).toBe('404');
  });

  it.each(['select', 'poll', 'epoll'])('serves wrk for 10 s without an error (%s)', async (selector) => {
    await using server = await ServerProcess.example('file-server', ['--port', '0', '--folder', folder], selector);
    const report = await sh(`wrk -t 2 -c 50 -d 10 http://127.0.0.1:${server.port}/small.txt`);
    console.log(`${selector}: ${/Requests\/sec:\s+[\d.]+/.exec(report)?.[0]}`);
    expect(report).toMatch(/ [1-9]\d+ requests in /);
    expect(report).not.toMatch(/Socket errors|Non-2xx/);
  });
});

describe('the Express app', () => {
  it('takes 100 MB from curl and returns them, on one connection, with less than 64 MiB of memory', async () => {
    const uploads = join(folder, 'uploads');
    await using server = await ServerProcess.example('express-app', ['--port', '0', '--folder', uploads]);
    const url = `127.0.0.1:${server.port}`;
    await sh(`head -c 100000000 /dev/urandom > ${folder}/upload`);
    const sum = (await sh(`sha256sum ${folder}/upload`)).split(' ')[0]!;
    const before = server.memory();
    // One curl, which keeps its connection alive and reports after each transfer how many connections it took.
    const transfers = [`-T ${folder}/upload ${url}/files/large`, `-o ${folder}/download ${url}/files/large`, `${url}/`];
    const each = `-sSf -w '\\n%{http_version} %{http_code} %{num_connects}\\n'`;
    const said = await sh(`curl ${transfers.map((transfer) => `${each} ${transfer}`).join(' --next ')}`);
    expect(said.trim().split('\n')).toEqual([
      `{"byteCount":100000000,"sha256":"${sum}"}`,
      '1.1 201 1',
      '',
      '1.1 200 0',
      'hello',
      '',
      '1.1 200 0',
    ]);
    expect((await sh(`sha256sum ${folder}/download`)).split(' ')[0]).toBe(sum);
    const growth = server.memory().peak - before.rss;
    console.log(`the memory grew by ${(growth / 2 ** 20).toFixed(1)} MiB at most`);
    expect(growth).toBeLessThan(64 << 20);
  });

  it.each(['select', 'poll', 'epoll'])('serves wrk for 10 s without an error (%s)', async (selector) => {
    await using server = await ServerProcess.example('express-app', ['--port', '0', '--folder', folder], selector);
    const report = await sh(`wrk -t 2 -c 50 -d 10 http://127.0.0.1:${server.port}/`);
    console.log(`${selector}: ${/Requests\/sec:\s+[\d.]+/.exec(report)?.[0]}`);
    expect(report).toMatch(/ [1-9]\d+ requests in /);
    expect(report).not.toMatch(/Socket errors|Non-2xx/);
  });
});
