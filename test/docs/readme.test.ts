import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

import { describe, expect, it } from 'vitest';

import { startProgram } from '../support/child-program.js';
import { readDocuments, valueOf } from './documents.js';

const readme = readDocuments().find(({ path }) => path === 'README.md')!;
const servers = readme.blocks
  .filter((block) => block.words.includes('server'))
  .map((block) => ({ name: valueOf(block, 'file'), source: block.text }));

describe('the programs in the README', () => {
  it('are an echo server in both flavours, and one on streams', () => {
    expect(servers.map(({ name }) => name)).toEqual(['echo-generators.mjs', 'echo-async.mjs', 'echo-streams.mjs']);
  });

  it.each(servers)('$name has under 20 lines and echoes', async ({ source }) => {
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
