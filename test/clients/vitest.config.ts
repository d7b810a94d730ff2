import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

const lib = fileURLToPath(new URL('../../lib', import.meta.url));

/** `npm run test:clients`: real clients against the servers of the examples. Slow, and not part of `npm test`. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/clients/**/*.clients.ts'],
    alias: [
      { find: /^selectloop$/, replacement: `${lib}/index.ts` },
      { find: /^selectloop\/([\w-]+)$/, replacement: `${lib}/$1/index.ts` },
    ],
    pool: 'forks',
    // One after the other: some measure memory, or load both cores.
    fileParallelism: false,
    reporters: ['verbose'],
    testTimeout: 180_000,
    allowOnly: false,
  },
});
