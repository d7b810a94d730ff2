/** `selectloop echo --trace FILE`. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';

import type { ChromeTrace, EventTrace } from 'selectloop/trace';
import { afterAll, describe, expect, it } from 'vitest';

import { type Ending, asleep, startFile } from '../support/child-program.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-trace-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Serves one client, is stopped by the signal, and returns the trace that it has written. */
async function traceOf(
  name: string,
  args: readonly string[],
  signal: NodeJS.Signals = 'SIGINT',
): Promise<{ ending: Ending; text: string; clientPort: number; port: number }> {
  const path = join(folder, name);
  const program = startFile('dist/cli/main.js', ['echo', '--port', '0', '--trace', path, ...args]);
  const [, port = ''] = await program.printed(/echo server on \S+:(\d+)\n[^]*Ctrl-C stops it\n/);
  const { pid = 0 } = program.process;
  await asleep(pid);
  const client = connect(Number(port), '127.0.0.1');
  await once(client, 'connect');
  const clientPort = client.localPort ?? 0;
  await asleep(pid);
  client.write('hello');
  await once(client, 'data');
  client.end();
  await once(client.resume(), 'close');
  program.process.kill(signal);
  const ending = await program.ended;
  return { ending, text: readFileSync(path, 'utf8'), clientPort, port: Number(port) };
}

describe.each<[string, string[]]>([
  ['hosted, generators', []],
  ['hosted, async functions', ['--api', 'async']],
  ['blocking, poll', ['--blocking', '--selector', 'poll']],
  ['blocking, select', ['--blocking', '--selector', 'select']],
])('selectloop echo --trace (%s)', (kind, args) => {
  it("writes a text that names the listener, the client's task, and how the server was stopped", async () => {
    const { ending, text, clientPort, port } = await traceOf(`${kind}.txt`, args);
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    expect(ending.stdout).toMatch(/stopped\ntrace written to \S.*\.txt\n$/);
    const client = `task 'client 127.0.0.1:${clientPort}'`;
    expect(text).toMatch(
      new RegExp(`descriptors ready: fd \\d+ readable \\(listening on 127.0.0.1:${port}\\).*ran: task 'accept'`),
    );
    expect(text).toMatch(new RegExp(`created ${client}`));
    expect(text).toMatch(new RegExp(`${client}.* resumes after: fd \\d+ readable, for recv`));
    expect(text).toMatch(new RegExp(`${client} .*is done: returned|${client} is done: returned`));
    expect(text).toMatch(/task 'accept'.* cancelled in: fd \d+ readable, for accept/);
  });

  it('writes a Chrome trace with a track for the client', async () => {
    const { ending, text, clientPort } = await traceOf(`${kind}.json`, args, 'SIGTERM');
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    const { traceEvents } = JSON.parse(text) as ChromeTrace;
    const tracks = traceEvents
      .filter(({ name }) => name === 'thread_name')
      .map((event) => String(event.args?.['name']));
    expect(tracks).toEqual(
      expect.arrayContaining(['select', 'callbacks', expect.stringContaining(`client 127.0.0.1:${clientPort}`)]),
    );
  });
});

describe('selectloop echo --trace with a name that ends in .html', () => {
  it("writes the player, with the lines at which the server's tasks wait", async () => {
    const { ending, text } = await traceOf('page.html', []);
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    const [, json] = /id="trace">(.*?)<\/script>/.exec(text)!;
    const { names, sources } = JSON.parse(json!) as EventTrace;
    const { place } = Object.values(names).find(({ name }) => /^fd \d+ readable, for accept$/.test(name))!;
    expect(sources![place!.file]!.split('\n')[place!.line - 1]).toContain('sockAccept(listener)');
  });
});

it('selectloop echo obeys SELECTLOOP_TRACE and SELECTLOOP_INSPECT, as every program does', async () => {
  const path = join(folder, 'variable.txt');
  const env = { SELECTLOOP_TRACE: path, SELECTLOOP_INSPECT: 'yes' };
  const program = startFile('dist/cli/main.js', ['echo', '--port', '0'], { env });
  await program.printed(/Ctrl-C stops it\n/);
  program.process.kill('SIGINT');
  const { stderr } = await program.ended;
  expect(stderr).toBe(
    'selectloop: no door is opened: SELECTLOOP_INSPECT: expected one of 1, thread, control, stop, got "yes"\n',
  );
  expect(readFileSync(path, 'utf8')).toContain("task 'accept'");
});
