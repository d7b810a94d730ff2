/** Run after run: none leaves anything behind for the next. */

import { readdirSync, readlinkSync } from 'node:fs';

import { newEventLoop, run, runSync, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';

const SELECTORS = ['select', 'poll', 'epoll'] as const;
const RUNS = 100;

function descriptors(): number {
  const counted = /^(socket|pipe|anon_inode)/;
  const isCounted = (fd: string): boolean => {
    try {
      return counted.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false; // the descriptor that readdirSync itself used
    }
  };
  return readdirSync('/proc/self/fd').filter(isCounted).length;
}

describe.each(SELECTORS)(`${RUNS} runs on %s, one after another`, (selector) => {
  it('hosted, leave no descriptor open and no listener on the process', async () => {
    await run(async () => {}, { selector });
    const before = descriptors();
    const listeners = process.listenerCount('SIGINT');
    for (let i = 0; i < RUNS; i += 1) expect(await run(async () => i, { selector })).toBe(i);
    expect(descriptors()).toBe(before);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
  });

  it('hosted, leave no descriptor open when main throws', async () => {
    await run(async () => {}, { selector });
    const before = descriptors();
    for (let i = 0; i < RUNS; i += 1) {
      const failing = run(
        function* () {
          yield* sleep(0);
          throw new Error(`run ${i}`);
        },
        { selector },
      );
      await expect(failing).rejects.toThrow(`run ${i}`);
    }
    expect(descriptors()).toBe(before);
  });

  it('blocking, leave no descriptor open', () => {
    const before = descriptors();
    for (let i = 0; i < RUNS; i += 1) {
      const result = runSync(
        function* () {
          yield* sleep(0);
          return i;
        },
        { selector },
      );
      expect(result).toBe(i);
    }
    expect(descriptors()).toBe(before);
  });

  it('alternately blocking and hosted, leave no descriptor open and can reuse a loop', async () => {
    const kept = newEventLoop({ selector });
    const before = descriptors();
    for (let i = 0; i < 20; i += 1) {
      await run(async () => await sleep(1), { selector });
      expect(kept.runUntilComplete(sleep(0.1, i))).toBe(i);
    }
    expect(descriptors()).toBe(before);
    kept.close();
  });
});

describe('many runs', () => {
  it('do not accumulate memory: the host and everything it holds can be collected', async () => {
    const ending = await runProgram(
      `import { run, sleep } from 'selectloop';
       const loops = new FinalizationRegistry(() => (collected += 1));
       let collected = 0;
       for (let i = 0; i < 100; i += 1) {
         await run(async () => {
           const { getRunningLoop } = await import('selectloop');
           loops.register(getRunningLoop());
           await sleep(0.1);
         });
       }
       for (let i = 0; i < 50 && collected < 95; i += 1) {
         gc();
         await new Promise((resolve) => setTimeout(resolve, 10));
       }
       console.log(collected >= 95 ? 'collected' : collected);`,
      { nodeFlags: ['--expose-gc'] },
    );
    expect(ending).toMatchObject({ code: 0, stdout: 'collected\n' });
  });
});
