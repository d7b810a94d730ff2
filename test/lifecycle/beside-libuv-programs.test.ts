/** The services of Node beside our loop once more, in whole programs: wherever JavaScript can start, `run` can. */

import { describe, expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';
import { services } from './node-services.mjs';

const SELECTORS = ['select', 'poll', 'epoll'] as const;

/** Runs every service inside one `run` and prints the names of those that worked. */
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
const RUN = `run(mains[process.env.FLAVOUR], { selector: process.env.SELECTOR })`;

const PLACES: Record<string, { type: 'module' | 'commonjs'; source: string }> = {
  "an ES module's top level": { type: 'module', source: `${ESM} await ${RUN};` },
  CommonJS: {
    type: 'commonjs',
    source: `
      const { ensureFuture, run } = require('selectloop');
      const { services } = require('./test/lifecycle/node-services.mjs');
      ${PROGRAM} ${RUN};`,
  },
  'a worker': {
    type: 'module',
    source: `
      import { Worker } from 'node:worker_threads';
      const code = ${JSON.stringify(`${ESM} await ${RUN};`)}.replaceAll('./test/', \`file://\${process.cwd()}/test/\`);
      new Worker(code, { eval: true, execArgv: ['--input-type=module'] });`,
  },
};

describe.concurrent.each(Object.keys(PLACES))('beside libuv, started from %s', (place) => {
  const wanted = Object.keys(services).filter((name) => place !== 'a worker' || !name.includes('SIGUSR2'));

  it.each(SELECTORS.flatMap((selector) => [`async on ${selector}`, `generator on ${selector}`]))(
    'all of Node works: %s',
    async (combination) => {
      const [FLAVOUR, SELECTOR] = combination.split(' on ');
      const { type, source } = PLACES[place]!;
      const ending = await runProgram(source, { type, env: { FLAVOUR, SELECTOR } });
      expect(ending.stdout.trim().split('\n'), ending.stderr).toEqual(wanted);
      expect(ending).toMatchObject({ code: 0, signal: null });
    },
  );
});
