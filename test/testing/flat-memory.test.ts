/** The heap size before and after a million tasks and a million timers, in separate programs that can call the collector. */

import { describe, expect, it } from 'vitest';

import { startProgram } from '../support/child-program.js';

const MIB = 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** Runs a program that prints numbers; `used()` in it is the size of its heap in bytes. */
async function numbersOf(source: string): Promise<number[]> {
  const helpers = `
    import { createTask, getRunningLoop, run, runSync, sleep } from 'selectloop';
    import { virtualLoop } from 'selectloop/testing';
    function used() {
      gc();
      gc();
      return process.memoryUsage().heapUsed;
    }
  `;
  const program = startProgram(helpers + source, { nodeFlags: ['--expose-gc'], timeoutMs: TIMEOUT_MS });
  const { code, stdout, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as number[];
}

const bodies = {
  // Only every tenth task waits: waiting takes longer than everything else.
  generator: 'function* () { finished += 1; if (finished % 10 === 0) yield; }',
  async: 'async () => { finished += 1; if (finished % 10 === 0) await sleep(0); }',
};

describe('the heap does not grow', () => {
  it.each(Object.entries(bodies))('over a million %s tasks', { timeout: TIMEOUT_MS }, async (flavour, body) => {
    const [finished, left, early, late] = await numbersOf(`
        let finished = 0;
        const marks = [];
        function* main() {
          for (let batch = 1; batch <= 1000; batch += 1) {
            for (let i = 0; i < 1000; i += 1) createTask(${body});
            yield* sleep(1);
            if (batch === 100 || batch === 1000) marks.push(used());
          }
          console.log(JSON.stringify([finished, getRunningLoop().statistics().tasks, ...marks]));
        }
        ${flavour === 'async' ? 'await run' : 'runSync'}(main, { loopFactory: virtualLoop });
      `);
    expect([finished, left]).toEqual([1_000_000, 1]);
    // Less than a reference for each: the engine's own memory (code, tables) once took 2 MiB.
    expect(late! - early!).toBeLessThan(4 * MIB);
  });

  it(
    'over a million timers that are cancelled immediately, and many that are cancelled later',
    { timeout: TIMEOUT_MS },
    async () => {
      const [atOnce, alive, later, scheduled] = await numbersOf(`
      const loop = virtualLoop();
      const start = (i) => loop.callLater(1000 + (i % 1000), () => {});
      const before = used();
      for (let i = 0; i < 1_000_000; i += 1) start(i).cancel();
      const atOnce = used() - before;
      const timers = Array.from({ length: 300_000 }, (_, i) => start(i));
      const alive = used() - before;
      for (const timer of timers) timer.cancel();
      timers.length = 0;
      const later = used() - before;
      console.log(JSON.stringify([atOnce, alive, later, loop.statistics().scheduled]));
      loop.close();
    `);
      expect(alive).toBeGreaterThan(20 * MIB); // the measurement detects them
      expect(atOnce).toBeLessThan(MIB);
      expect(later).toBeLessThan(MIB);
      expect(scheduled).toBe(0);
    },
  );
});
