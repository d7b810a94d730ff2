/** Checks that the trace in docs/guide/tracing.md is what its program, the README's echo server, writes. */

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';

import { expect, it } from 'vitest';

import { asleep, startProgram } from '../support/child-program.js';

const guide = readFileSync(new URL('../../docs/guide/tracing.md', import.meta.url), 'utf8');
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const [, program = ''] = /```js server\n([^]*?)```/.exec(guide) ?? [];
const [, shown = ''] = /### The trace\n\n```text\n([^]*?)```/.exec(guide) ?? [];

/** Removes what differs between two runs: times, descriptor numbers, and iterations caused by Node itself. */
function normalised(trace: string): string {
  const lines = trace
    .split('\n')
    .filter((line) => line.trim() !== '' && !(line.includes('ran: nothing') && !line.includes('(libuv)')))
    .map((line) =>
      line
        .replace(/^#\d+ at/, '# at')
        .replace(/select (without a timeout \(no timer\)|at most [\d.]+ ms \(Node's own timer\))/, 'select long')
        .replace(/ready: fd \d+ readable \(libuv\)(?=.*ran: (task|callback))/, 'ready: none')
        .replaceAll(/[\d.]+ ms/g, 'T ms')
        .replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS'),
    );
  const numbers = new Map<string, string>();
  const text = lines.join('\n').replaceAll(/fd \d+/g, (fd) => {
    if (!numbers.has(fd)) numbers.set(fd, `fd ${numbers.size}`);
    return numbers.get(fd) as string;
  });
  // Node may wake up several times around the signal; consecutive iterations of this kind count as one.
  return text
    .replaceAll(/(# [^\n]*ran: nothing[^\n]*\n)+(?=# [^\n]*ran: task 'Task-1'[^\n]*\n[^\n]*cancelled in)/g, 'signal\n')
    .replaceAll(/^#.*ran: nothing.*\n/gm, '');
}

it('the tracing guide uses the echo server of the README', () => {
  const bodyOf = (source: string): string => source.replaceAll(/^\s+/gm, '');
  const [, echo = ''] = /(function\* echo[^]*?\n}\n)/.exec(readme) ?? [];
  const [, main = ''] = /await run\((function\* main[^]*?\n)}\);/.exec(readme) ?? [];
  expect(bodyOf(program)).toContain(bodyOf(echo));
  expect(bodyOf(program)).toContain(bodyOf(main));
});

it('the trace in the tracing guide is what its program writes', async () => {
  const server = startProgram(program, { env: { PORT: '0' } });
  const [, port] = await server.printed(/listening on (\d+)/);
  const { pid = 0 } = server.process;
  await asleep(pid);
  const client = connect(Number(port), '127.0.0.1');
  await once(client, 'connect');
  await asleep(pid);
  client.write('hello');
  await once(client, 'data');
  await asleep(pid);
  client.end();
  await once(client, 'close');
  await asleep(pid);
  server.process.kill('SIGINT');
  const { stdout } = await server.ended;
  expect(normalised(stdout.replace(/^listening.*\n/, ''))).toBe(normalised(shown));
});
