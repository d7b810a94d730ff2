import { expect, it } from 'vitest';

import { readDocuments, valueOf } from './documents.js';

const readme = readDocuments().find(({ path }) => path === 'README.md')!;
const servers = readme.blocks.filter((block) => block.words.includes('server'));

it('the servers in the README are an echo server in both flavours and one on streams, each with at most 20 lines', () => {
  const names = servers.map((block) => valueOf(block, 'file'));
  expect(names).toEqual(['echo-streams.mjs', 'echo-generators.mjs', 'echo-async.mjs']);
  for (const { text } of servers) expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
});
