import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

import { describe, expect, it } from 'vitest';

import { startProgram } from '../support/child-program.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const programs = [...readme.matchAll(/```js\n(\/\/ (\S+)\n[^]*?)```/g)].map(([, source = '', name = '']) => ({
  name,
  source,
}));

describe('the programs in the README', () => {
  it('are an echo server in both flavours', () => {
    expect(programs.map(({ name }) => name)).toEqual(['echo-generators.mjs', 'echo-async.mjs']);
  });

  it.each(programs)('$name has under 20 lines and echoes', async ({ source }) => {
    expect(source.trimEnd().split('\n').length).toBeLessThan(20);
    const program = startProgram(source, { env: { PORT: '0' } });
    try {
      const [, port] = await program.printed(/listening on (\d+)/);
      const replies = await Promise.all(
        ['one', 'two', 'three'].map(async (message) => {
          const client = connect(Number(port), '127.0.0.1');
          client.end(message.repeat(50_000));
          return (await text(client)) === message.repeat(50_000);
        }),
      );
      expect(replies).toEqual([true, true, true]);
    } finally {
      program.process.kill('SIGKILL');
      await program.ended;
    }
  });
});

describe('links in the documents', () => {
  const documents = ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/differences-from-python.md'];

  it.each(documents)('of %s lead to files', (document) => {
    const url = new URL(`../../${document}`, import.meta.url);
    const targets = [...readFileSync(url, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(
      ([, path = '']) => path,
    );
    for (const target of targets) expect(() => readFileSync(new URL(target, url))).not.toThrow();
  });
});
