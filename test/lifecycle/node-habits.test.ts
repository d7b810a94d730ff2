/** Node's behaviour in a hosted run: the order of ticks and microtasks, uncaught errors, stdin, AsyncLocalStorage. */

import { AsyncLocalStorage } from 'node:async_hooks';

import { type Steps, createTask, ensureFuture, getRunningLoop, run, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { runProgram, startProgram } from '../support/child-program.js';

const SELECTORS = ['select', 'poll', 'epoll'] as const;
const ESM = `import { getRunningLoop, run, sleep } from 'selectloop';\n`;

describe.each(SELECTORS)('a hosted run on %s', (selector) => {
  it('runs process.nextTick and then microtasks after each iteration, before libuv', async () => {
    const order: string[] = [];
    await run(
      async () => {
        const loop = getRunningLoop();
        await new Promise<void>((resolve) => {
          loop.callSoon(() => {
            setTimeout(() => order.push('timeout'), 0);
            setImmediate(() => {
              order.push('immediate');
              if (order.includes('timeout')) resolve();
              else setTimeout(resolve, 10);
            });
            queueMicrotask(() => order.push('microtask'));
            process.nextTick(() => order.push('nextTick'));
            loop.callSoon(() => order.push('next iteration'));
            order.push('callback');
          });
          loop.callSoon(() => order.push('same iteration'));
        });
      },
      { selector },
    );
    expect(order.slice(0, 4)).toEqual(['callback', 'same iteration', 'nextTick', 'microtask']);
    expect(order.slice(4).sort()).toEqual(['immediate', 'next iteration', 'timeout']);
  });

  it('and Node do not starve each other when both are busy', async () => {
    const counts = { ours: 0, immediates: 0, timeouts: 0 };
    await run(
      async () => {
        const loop = getRunningLoop();
        let going = true;
        const ours = (): void => {
          counts.ours += 1;
          if (going) loop.callSoon(ours);
        };
        const immediate = (): void => {
          counts.immediates += 1;
          if (going) setImmediate(immediate);
        };
        const timeout = (): void => {
          counts.timeouts += 1;
          if (going) setTimeout(timeout, 1);
        };
        ours();
        immediate();
        timeout();
        // The speed of counting depends on the machine. A side that starves stays below twenty, however long it runs.
        const end = performance.now() + 10_000;
        while (Math.min(...Object.values(counts)) < 20 && performance.now() < end) await sleep(1);
        going = false;
      },
      { selector },
    );
    expect(Math.min(...Object.values(counts))).toBeGreaterThanOrEqual(20);
  });

  it("fires its timers and Node's, each kind in the order of its deadlines", async () => {
    const ours: number[] = [];
    const nodes: number[] = [];
    await run(
      async () => {
        const loop = getRunningLoop();
        const all = [150, 20, 300].map((ms) => {
          loop.callLater(ms, () => ours.push(ms));
          return new Promise<void>((resolve) => {
            setTimeout(() => {
              nodes.push(ms);
              resolve();
            }, ms);
          });
        });
        await Promise.all([sleep(301), ...all]);
      },
      { selector },
    );
    expect({ ours, nodes }).toEqual({ ours: [20, 150, 300], nodes: [20, 150, 300] });
  });

  it('keeps the store of an AsyncLocalStorage around run() in main and its tasks, in both flavours', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const look = (): void => {
      seen.push(storage.getStore());
    };
    async function asyncTask(): Promise<void> {
      look();
      await sleep(1);
      look();
    }
    function* generatorTask(): Steps<void> {
      look();
      yield* sleep(1);
      look();
      yield* ensureFuture(Promise.resolve());
      look();
    }
    await storage.run('async', () =>
      run(
        async () => {
          await asyncTask();
          await createTask(generatorTask);
        },
        { selector },
      ),
    );
    await storage.run('generator', () =>
      run(
        function* () {
          yield* generatorTask();
          yield* createTask(asyncTask);
        },
        { selector },
      ),
    );
    expect(seen).toEqual([...Array<string>(5).fill('async'), ...Array<string>(5).fill('generator')]);
    expect(storage.getStore()).toBe(undefined);
  });

  it('reads stdin while the loop runs, as a stream and as lines', async () => {
    const program = startProgram(
      `import { createInterface } from 'node:readline';
       ${ESM}
       await run(async () => {
         const ticks = (async () => { for (let i = 0; i < 5; i += 1) await sleep(5); return 'ticked'; })();
         console.log('ready');
         for await (const line of createInterface({ input: process.stdin })) console.log('line', line);
         console.log(await ticks);
       });`,
      { env: { SELECTLOOP_SELECTOR: selector } },
    );
    await program.printed(/ready/);
    program.process.stdin?.write('one\n');
    await program.printed(/line one/);
    await new Promise((resolve) => setTimeout(resolve, 50)); // now the loop waits only for libuv
    program.process.stdin?.end('two\nthree');
    expect(await program.ended).toEqual({
      code: 0,
      signal: null,
      stdout: 'ready\nline one\nline two\nline three\nticked\n',
      stderr: '',
    });
  });
});

/** Ways to throw an error that no code catches. */
const STRAY_ERRORS = {
  'a callback of a Node timer': `setTimeout(() => { throw new Error('stray'); }, 5);`,
  'an immediate': `setImmediate(() => { throw new Error('stray'); });`,
  'process.nextTick, called in a callback of the loop': `getRunningLoop().callSoon(() => process.nextTick(() => { throw new Error('stray'); }));`,
  'a microtask, queued in a callback of the loop': `getRunningLoop().callSoon(() => queueMicrotask(() => { throw new Error('stray'); }));`,
  'a listener': `process.once('SIGUSR2', () => { throw new Error('stray'); }); process.kill(process.pid, 'SIGUSR2');`,
};
const REJECTION = `Promise.reject(new Error('stray'));`;

/** Main functions that run `start`, wait until the program's listener has received `errors` errors, and print 'went on'. */
const mains = (start: string, errors: number): Array<[string, string]> => [
  [
    'an async function',
    `let heard = 0;
     async function main() { ${start} while (heard < ${errors}) await sleep(5); console.log('went on'); }`,
  ],
  [
    'a generator',
    `let heard = 0;
     function* main() { ${start} while (heard < ${errors}) yield* sleep(5); console.log('went on'); }`,
  ],
];
const stuckMains = (start: string): Array<[string, string]> => [
  ['an async function', `async function main() { ${start} await sleep(3_600_000); console.log('went on'); }`],
  ['a generator', `function* main() { ${start} yield* sleep(3_600_000); console.log('went on'); }`],
];

describe.concurrent('an uncaught error in a hosted run', () => {
  // The flavours of main alternate: the next test has each with every place.
  it.each(Object.entries(STRAY_ERRORS).map(([from, code], i) => [from, ...stuckMains(code)[i % 2]!]))(
    'thrown by %s ends the process with 1, main being %s',
    async (_from, _flavour, main) => {
      const ending = await runProgram(`${ESM}${main}\nawait run(main);`);
      expect(ending).toMatchObject({ code: 1, signal: null, stdout: '' });
      expect(ending.stderr).toMatch(/^Error: stray\n {4}at .*\[eval1\]/m);
    },
  );

  it.each(mains([...Object.values(STRAY_ERRORS), REJECTION].join('\n'), Object.keys(STRAY_ERRORS).length + 1))(
    "thrown in every one of these places goes to an 'uncaughtException' listener, an unhandled rejection to its own, and the run continues, main being %s",
    async (_flavour, main) => {
      const listen = `
        process.on('uncaughtException', (error, origin) => { heard += 1; console.log(error.message, origin); });
        process.on('unhandledRejection', (error) => { heard += 1; console.log(error.message, 'rejected'); });`;
      const ending = await runProgram(`${ESM}${listen}${main}\nawait run(main);`);
      const places = Object.keys(STRAY_ERRORS).map(() => 'stray uncaughtException');
      expect({ ...ending, stdout: ending.stdout.split('\n').sort() }).toEqual({
        ...{ code: 0, signal: null, stderr: '' },
        stdout: ['', 'stray rejected', ...places, 'went on'].sort(),
      });
      expect(ending.stdout).toMatch(/went on\n$/);
    },
  );

  it.each(stuckMains(REJECTION))('an unhandled rejection ends the process with 1, main being %s', async (_, main) => {
    const ending = await runProgram(`${ESM}${main}\nawait run(main);`);
    expect(ending).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(ending.stderr).toMatch(/^Error: stray\n {4}at .*\[eval1\]/m);
  });
});
