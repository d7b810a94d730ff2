/** Tests `selectloop inspect`: it starts a script with a door, and serves the page of its loop. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import type { ThreadLine } from '../../lib/inspect/protocol.js';
import { commandLines } from '../cli/command-lines.js';
import { startFile } from '../support/child-program.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SCRIPT = `
  import { run, sleep } from 'selectloop';

  console.log(process.argv.slice(2).join(' '));
  await run(function* main() {
    yield* sleep(10);
  });
  process.exitCode = 3;
`;

describe('selectloop inspect', () => {
  it('starts a script, stopped before its first iteration, shows it, and ends as the script does', async () => {
    const folder = mkdtempSync(join(ROOT, 'build', 'inspect-')); // the script imports the package by its name
    try {
      const script = join(folder, 'script.mjs');
      writeFileSync(script, SCRIPT);
      const command = startFile('dist/cli/main.js', ['inspect', script, '--stop', '--port', 'its own']);
      const [, address = ''] = await command.complained(/open (http:\S+)/);
      const { origin, hash } = new URL(address);
      const headers = { Authorization: `Bearer ${hash.replace('#token=', '')}` };
      const page = await fetch(origin);
      expect(page.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'sha256-.*frame-anc/,
      );
      expect(await page.text()).toContain('<title>selectloop</title>');

      const lines = linesOf((await fetch(`${origin}/stream`, { headers })).body!);
      const { stream } = (await lines.next()).value as { stream: string };
      const send = (...requests: object[]): Promise<Response> => {
        const body = requests.map((request) => JSON.stringify(request)).join('\n');
        return fetch(`${origin}/send`, { method: 'POST', headers: { ...headers, 'Selectloop-Stream': stream }, body });
      };
      await send({ hello: 1 });
      expect((await lines.next()).value).toMatchObject({ hello: { control: true, title: `${script} --port its own` } });
      expect((await lines.next()).value).toMatchObject({ paused: { station: 'timeout', iteration: 1 } });
      await send({ do: 'run' });
      const rest: ThreadLine[] = [];
      for await (const line of lines) rest.push(line);
      expect(rest.at(-1)).toEqual({ bye: 'the loop is closed' });
      expect(await command.ended).toMatchObject({ code: 3, stdout: '--port its own\n' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('explains in one line what is wrong', async () => {
    const endings = await commandLines([
      ['inspect', '--port', 'x', '1'],
      ['inspect', '4194305'],
      ['inspect', '1', 'extra'],
      ['inspect'],
    ]);
    expect(endings.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual([
      '2 selectloop: --port: expected a port from 0 to 65535, got "x"\n',
      '1 selectloop: there is no process 4194305\n',
      "2 selectloop: Unexpected argument 'extra'\n",
      expect.stringMatching(/^2 selectloop: expected a process ID or a script; .*\n$/),
    ]);
  });
});

/** Returns the lines of a stream of JSON. */
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ThreadLine> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as ThreadLine;
  }
}
