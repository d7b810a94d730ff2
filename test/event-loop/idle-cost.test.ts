/**
 * A waiting loop costs nothing. Measured in separate programs on the built package: in this process, the CPU time would include
 * the test runner's.
 */

import { describe, expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';
import { selectorNames } from '../support/loops.js';

interface Measured {
  selector: string;
  call: string;
  main: string;
}

/** Adds the cost of `main` to the list. A first run warms up, so that compiling the library is not measured. */
const measure = ({ selector, call, main }: Measured): string => `{
  const options = { selector: ${JSON.stringify(selector)} };
  let loop;
  const main = ${main};
  ${call}((${main.replaceAll('1000', '2')}), options);
  const from = performance.now();
  const before = process.cpuUsage();
  const result = ${call}(main, options);
  const { user, system } = process.cpuUsage(before);
  const { iterations } = loop.statistics();
  costs.push({ iterations, cpuMs: (user + system) / 1000, elapsedMs: performance.now() - from, result });
}`;

interface Cost {
  iterations: number;
  cpuMs: number;
  elapsedMs: number;
  result: unknown;
}

/** Measures one after the other, in one program. */
async function costsOf(measured: readonly Measured[]): Promise<Cost[]> {
  const ending = await runProgram(`
    import { getRunningLoop, run, runSync, sleep } from 'selectloop';
    const costs = [];
    ${measured.map(measure).join('\n')}
    console.log(JSON.stringify(costs));
  `);
  if (ending.code !== 0) throw new Error(JSON.stringify(ending));
  return JSON.parse(ending.stdout) as Cost[];
}

const generator = 'function* () { loop = getRunningLoop(); yield* sleep(1000); }';
const asynchronous = 'async () => { loop = getRunningLoop(); await sleep(1000); }';

const ways = [
  { call: 'runSync', main: generator },
  { call: 'await run', main: generator },
  { call: 'await run', main: asynchronous },
];

// The programs sleep, so they can run side by side.
it.concurrent.each(selectorNames)(
  'a main of either flavour, run or runSync, that sleeps for a second on %s takes at most 3 iterations and no CPU time',
  async (selector) => {
    const tooExpensive = ({ iterations, cpuMs }: Cost): boolean => iterations > 3 || cpuMs >= 20;
    let costs = await costsOf(ways.map((way) => ({ ...way, selector })));
    expect(costs).toHaveLength(3);
    // V8 wakes libuv for its garbage collector, more often on a busy machine; a spinning loop would fail every time.
    for (let again = 0; again < 3 && costs.some(tooExpensive); again += 1) {
      const left = ways.filter((_, i) => tooExpensive(costs[i]!));
      const second = await costsOf(left.map((way) => ({ ...way, selector })));
      costs = ways.map((way, i) => second[left.indexOf(way)] ?? costs[i]!);
    }
    for (const { iterations, cpuMs, elapsedMs } of costs) {
      // One iteration to start main, one to wake it, one to end the run.
      expect(iterations).toBeLessThanOrEqual(3);
      expect(cpuMs).toBeLessThan(20);
      expect(elapsedMs).toBeGreaterThanOrEqual(1000);
    }
  },
);

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

  it('are never early and take at most 2 iterations each on epoll, with run and runSync, in either flavour', async () => {
    const costs = await costsOf([
      { selector: 'epoll', call: 'runSync', main: `function* () ${naps('yield*')}` },
      { selector: 'epoll', call: 'await run', main: `function* () ${naps('yield*')}` },
      { selector: 'epoll', call: 'await run', main: `async () => ${naps('await')}` },
    ]);
    expect(costs).toHaveLength(3);
    for (const cost of costs) {
      const { shortest, most } = cost.result as { shortest: number; most: number };
      expect(shortest).toBeGreaterThanOrEqual(0.2);
      expect(most).toBeLessThanOrEqual(2);
      expect(cost.iterations).toBeLessThanOrEqual(202);
    }
  });
});

it('sleeps of 10 ms down to a ten-millionth take at most 20 iterations, on every selector, in every mode and flavour', async () => {
  const measured = selectorNames.flatMap((selector) =>
    ways.map(({ call, main }) => {
      const body = main.replace(
        /(yield\*|await) sleep\(1000\)/,
        'for (const ms of [10, 0.1, 0.001, 0.00001, 0.0000001]) $1 sleep(ms)',
      );
      expect(body).not.toBe(main);
      return { selector, call, main: body };
    }),
  );
  const costs = await costsOf(measured);
  expect(costs).toHaveLength(9);
  for (const { iterations } of costs) expect(iterations).toBeLessThanOrEqual(20);
});
