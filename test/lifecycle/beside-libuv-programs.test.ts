/** Node's services beside the loop, in whole programs: `run` works wherever JavaScript can start. */

import { expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';
import { services } from './node-services.mjs';

/** Each place has one selector and one flavour of main: beside-libuv.test.ts has every service on each selector with both flavours. */
const ASYNC = `
  const main = async () => {
    for (const [name, service] of Object.entries(services)) {
      await service();
      console.log(name);
    }
  };
`;
const GENERATOR = `
  const main = function* () {
    for (const [name, service] of Object.entries(services)) {
      yield* ensureFuture(service());
      console.log(name);
    }
  };
`;
const ESM = `
  import { ensureFuture, run } from 'selectloop';
  import { services } from './test/lifecycle/node-services.mjs';
`;

const PLACES: Record<string, { type: 'module' | 'commonjs'; source: string }> = {
  "an ES module's top level": { type: 'module', source: `${ESM} ${ASYNC} await run(main, { selector: 'select' });` },
  CommonJS: {
    type: 'commonjs',
    source: `
      const { ensureFuture, run } = require('selectloop');
      const { services } = require('./test/lifecycle/node-services.mjs');
      ${GENERATOR} run(main, { selector: 'poll' });`,
  },
  'a worker': {
    type: 'module',
    source: `
      import { Worker } from 'node:worker_threads';
      const source = ${JSON.stringify(`${ESM} ${ASYNC} await run(main, { selector: 'epoll' });`)};
      const code = source.replaceAll('./test/', \`file://\${process.cwd()}/test/\`);
      new Worker(code, { eval: true, execArgv: ['--input-type=module'] });`,
  },
};

it.concurrent.each(Object.keys(PLACES))(
  'Node offers all its services in a hosted run started from %s',
  async (place) => {
    const wanted = Object.keys(services).filter((name) => place !== 'a worker' || !name.includes('SIGUSR2'));
    const { type, source } = PLACES[place]!;
    const ending = await runProgram(source, { type });
    expect(ending.stdout.trim().split('\n'), ending.stderr).toEqual(wanted);
    expect(ending).toMatchObject({ code: 0, signal: null });
  },
);
