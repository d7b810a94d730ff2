/**
 * A waiting loop costs nothing. Measured in separate programs on the built package: in this process, the CPU time would include
 * the test runner's.
 */

import { describe, expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';
import { selectorNames } from '../support/loops.js';

/** Prints the cost of `measured` as JSON. A first run warms up, so that compiling the library is not measured. */
const program = (selector: string, call: string, main: string): string => `
  import { getRunningLoop, run, runSync, sleep } from 'selectloop';
  const options = { selector: ${JSON.stringify(selector)} };
  let loop;
  const main = ${main};
  ${call}((${main.replaceAll('1000', '2')}), options);
  const from = performance.now();
  const before = process.cpuUsage();
  const result = ${call}(main, options);
  const { user, system } = process.cpuUsage(before);
  const { iterations } = loop.statistics();
  console.log(JSON.stringify({ iterations, cpuMs: (user + system) / 1000, elapsedMs: performance.now() - from, result }));
`;

interface Cost {
  iterations: number;
  cpuMs: number;
  elapsedMs: number;
  result: unknown;
}

async function costOf(selector: string, call: string, main: string): Promise<Cost> {
  const ending = await runProgram(program(selector, call, main));
  if (ending.code !== 0) throw new Error(JSON.stringify(ending));
  return JSON.parse(ending.stdout) as Cost;
}

const generator = 'function* () { loop = getRunningLoop(); yield* sleep(1000); }';
const asynchronous = 'async () => { loop = getRunningLoop(); await sleep(1000); }';

const ways = [
  { way: 'runSync of a generator', call: 'runSync', main: generator },
  { way: 'run of a generator', call: 'await run', main: generator },
  { way: 'run of an async function', call: 'await run', main: asynchronous },
];

describe.each(selectorNames)('the cost of waiting, on %s', (selector) => {
  // The programs sleep, so they can run side by side.
  it.concurrent.each(ways)(
    '$way that sleeps for a second takes at most 3 iterations and no CPU time',
    async ({ call, main }) => {
      let cost = await costOf(selector, call, main);
      // V8 wakes libuv for its garbage collector, more often on a busy machine; a spinning loop would fail every time.
      for (let again = 0; again < 3 && (cost.iterations > 3 || cost.cpuMs > 20); again += 1) {
        cost = await costOf(selector, call, main);
      }
      // One iteration to start main, one to wake it, one to end the run.
      expect(cost.iterations).toBeLessThanOrEqual(3);
      expect(cost.cpuMs).toBeLessThan(20);
      expect(cost.elapsedMs).toBeGreaterThanOrEqual(1000);
    },
  );
});

describe('a hundred sleeps of 0.2 ms in a row', () => {
  /** Returns the shortest sleep and the most iterations of one sleep. */
  const naps = (wait: string): string => `{
    loop = getRunningLoop();
    let [shortest, most] = [Infinity, 0];
    for (let i = 0; i < 100; i += 1) {
      const [from, before] = [performance.now(), loop.statistics().iterations];
      ${wait} sleep(0.2);
      shortest = Math.min(shortest, performance.now() - from);
      most = Math.max(most, loop.statistics().iterations - before);
    }
    return { shortest, most };
  }`;

  it.each([
    { way: 'runSync', call: 'runSync', main: `function* () ${naps('yield*')}` },
    { way: 'run', call: 'await run', main: `function* () ${naps('yield*')}` },
    { way: 'run of an async function', call: 'await run', main: `async () => ${naps('await')}` },
  ])('are never early and take at most 2 iterations each, with $way on epoll', async ({ call, main }) => {
    const cost = await costOf('epoll', call, main);
    const { shortest, most } = cost.result as { shortest: number; most: number };
    expect(shortest).toBeGreaterThanOrEqual(0.2);
    expect(most).toBeLessThanOrEqual(2);
    expect(cost.iterations).toBeLessThanOrEqual(202);
  });
});

describe.each(selectorNames)('ever shorter sleeps, on %s', (selector) => {
  it.each(ways)('of 10 ms down to a ten-millionth take at most 20 iterations, with $way', async ({ call, main }) => {
    const body = main.replace(
      /(yield\*|await) sleep\(1000\)/,
      'for (const ms of [10, 0.1, 0.001, 0.00001, 0.0000001]) $1 sleep(ms)',
    );
    expect(body).not.toBe(main);
    const cost = await costOf(selector, call, body);
    expect(cost.iterations).toBeLessThanOrEqual(20);
  });
});
