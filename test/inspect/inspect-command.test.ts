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
  it('starts a script, stopped before its first iteration, shows it, lets it run when its page is closed, and ends as the script does', async () => {
    const folder = mkdtempSync(join(ROOT, 'build', 'inspect-')); // the script imports the package by its name
    try {
      const script = join(folder, 'script.mjs');
      writeFileSync(script, SCRIPT);
      const ours = ['inspect', '--open', '--pause-limit', '0', script];
      // No browser: a desktop without xdg-open is not an error.
      const env = { PATH: folder };
      const command = startFile('dist/cli/main.js', [...ours, '--stop', '--port', 'its own'], { env });
      const [, address = ''] = await command.complained(/open (http:\S+)/);
      const { origin, hash } = new URL(address);
      const [, token, limit] = /^#token=(\w+)&pause-limit=(\d+)$/.exec(hash) ?? [];
      expect(limit).toBe('0');
      const headers = { Authorization: `Bearer ${token}` };
      const html = await fetch(origin);
      expect(html.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'sha256-.*frame-anc/,
      );
      expect(await html.text()).toContain('<title>selectloop</title>');

      const closing = new AbortController();
      const open = async (signal: AbortSignal | null, ...requests: object[]): Promise<AsyncGenerator<ThreadLine>> => {
        const lines = linesOf((await fetch(`${origin}/stream`, { headers, signal })).body!);
        const { stream } = (await lines.next()).value as { stream: string };
        const body = requests.map((request) => JSON.stringify(request)).join('\n');
        await fetch(`${origin}/send`, { method: 'POST', headers: { ...headers, 'Selectloop-Stream': stream }, body });
        return lines;
      };
      const lines = await open(null, { hello: 1 }); // asks for nothing, as a command
      expect((await lines.next()).value).toMatchObject({ hello: { control: true, title: `${script} --port its own` } });
      expect((await lines.next()).value).toMatchObject({ paused: { station: 'timeout', iteration: 1 } });
      const page = await open(closing.signal, { hello: 1 }, { level: 'look' });
      expect((await page.next()).value).toHaveProperty('hello');
      expect((await lines.next()).value).toEqual({ level: 'look' });
      closing.abort();
      const rest: ThreadLine[] = [];
      for await (const line of lines) rest.push(line);
      expect(rest).toEqual([{ paused: null }, { bye: 'the loop is closed' }]);
      expect(await command.ended).toMatchObject({ code: 3, stdout: '--port its own\n' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('explains in one line what is wrong', async () => {
    const endings = await commandLines([
      ['inspect', '--port', 'x', '1'],
      ['inspect', '--pause-limit', '1m', '1'],
      ['inspect', '4194305'],
      ['inspect', '1', 'extra'],
      ['inspect'],
    ]);
    expect(endings.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual([
      '2 selectloop: --port: expected a port from 0 to 65535, got "x"\n',
      '2 selectloop: --pause-limit: expected seconds, an integer from 0 to 999999, got "1m"\n',
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
