/** Node's services beside the loop, in whole programs: `run` works wherever JavaScript can start. */

import { expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';
import { services } from './node-services.mjs';

const SELECTORS = ['select', 'poll', 'epoll'] as const;

/**
 * Runs every service inside one `run`, on each selector in turn, and prints the names of those that worked. The flavours of main
 * alternate: beside-libuv.test.ts has each on every selector.
 */
const PROGRAM = `
  const mains = {
    async: async () => {
      for (const [name, service] of Object.entries(services)) {
        await service();
        console.log(name);
      }
    },
    generator: function* () {
      for (const [name, service] of Object.entries(services)) {
        yield* ensureFuture(service());
        console.log(name);
      }
    },
  };
`;
const ESM = `
  import { ensureFuture, run } from 'selectloop';
  import { services } from './test/lifecycle/node-services.mjs';
  ${PROGRAM}
`;
const RUN = `
  for (const [i, selector] of ${JSON.stringify(SELECTORS)}.entries()) {
    console.log(selector);
    await run(i % 2 === 0 ? mains.async : mains.generator, { selector });
  }
`;

const PLACES: Record<string, { type: 'module' | 'commonjs'; source: string }> = {
  "an ES module's top level": { type: 'module', source: `${ESM} ${RUN}` },
  CommonJS: {
    type: 'commonjs',
    source: `
      const { ensureFuture, run } = require('selectloop');
      const { services } = require('./test/lifecycle/node-services.mjs');
      ${PROGRAM} (async () => { ${RUN} })();`,
  },
  'a worker': {
    type: 'module',
    source: `
      import { Worker } from 'node:worker_threads';
      const code = ${JSON.stringify(`${ESM} ${RUN}`)}.replaceAll('./test/', \`file://\${process.cwd()}/test/\`);
      new Worker(code, { eval: true, execArgv: ['--input-type=module'] });`,
  },
};

it.concurrent.each(Object.keys(PLACES))(
  'Node offers all its services in a hosted run started from %s, on each selector',
  async (place) => {
    const wanted = Object.keys(services).filter((name) => place !== 'a worker' || !name.includes('SIGUSR2'));
    const { type, source } = PLACES[place]!;
    const ending = await runProgram(source, { type });
    const lines = SELECTORS.flatMap((selector) => [selector, ...wanted]);
    expect(ending.stdout.trim().split('\n'), ending.stderr).toEqual(lines);
    expect(ending).toMatchObject({ code: 0, signal: null });
  },
);
