/** Ctrl-C during a run, in separate programs. Each sends itself the signal, so there is nothing to wait for. */

import { beforeAll, describe, expect, it } from 'vitest';

import { type Ending, runProgram } from '../support/child-program.js';

/** In a blocking loop a signal to oneself arrives at the next wait; a hosted loop also needs an iteration of libuv. */
const prelude = `
  import { Runner, getRunningLoop, run, runSync, sleep, createTask, currentTask } from 'selectloop';
  const interrupt = () => process.kill(process.pid, 'SIGINT');
`;
const sayToStdout = `const say = (...words) => process.stdout.write(words.join(' ') + '\\n');\n`;

const start = (body: string): Promise<Ending> => runProgram(prelude + sayToStdout + body);

const modes = [
  { mode: 'runSync', call: 'runSync', fn: 'function* ()', wait: 'yield*' },
  { mode: 'run with a generator', call: 'await run', fn: 'function* ()', wait: 'yield*' },
  { mode: 'run with an async function', call: 'await run', fn: 'async () =>', wait: 'await' },
];

interface Scenario {
  name: string;
  says: readonly string[];
  body: string;
}

/** Runs the scenarios one after the other in one program. Each must leave SIGINT to the next as it found it. */
async function play(scenarios: readonly Scenario[]): Promise<string[][]> {
  const parts = scenarios.map(({ body }) => `said.push([]);\n{ ${body} }`);
  const ending = await runProgram(`
    ${prelude}
    const said = [];
    const say = (...words) => said.at(-1).push(words.join(' '));
    ${parts.join('\n')}
    console.log(JSON.stringify(said));
  `);
  expect(ending).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ending.stdout) as string[][];
}

// The programs are independent of each other, so they can run side by side.
describe.concurrent.each(modes)('SIGINT during $mode', ({ call, fn, wait }) => {
  const scenarios: Scenario[] = [
    {
      name: 'cancels main, whose finally blocks run, and is thrown as KeyboardInterrupt',
      says: ['cleaned up', 'KeyboardInterrupt ERR_KEYBOARD_INTERRUPT CancelledError 0'],
      body: `
        try {
          ${call}(${fn} {
            interrupt();
            try {
              ${wait} sleep(600000);
            } finally {
              ${wait} sleep(1);
              say('cleaned up');
            }
          });
        } catch (error) {
          say(error.name, error.code, error.cause.name, process.listenerCount('SIGINT'));
        }
      `,
    },
    {
      name: 'a main that swallows the cancellation ends with its result',
      says: ['refused CancelledError'],
      body: `
        say(${call}(${fn} {
          interrupt();
          try {
            ${wait} sleep(600000);
          } catch (error) {
            return 'refused ' + error.name;
          }
        }));
      `,
    },
    {
      name: 'is thrown as CancelledError when another cancellation of main coincides',
      says: ['CancelledError'],
      body: `
        try {
          ${call}(${fn} {
            interrupt();
            const task = currentTask();
            try {
              ${wait} sleep(600000);
            } finally {
              task.cancel('by another');
            }
          });
        } catch (error) {
          say(error.name);
        }
      `,
    },
    {
      name: 'an error that main throws in its clean-up replaces the KeyboardInterrupt',
      says: ['while cleaning up'],
      body: `
        try {
          ${call}(${fn} {
            interrupt();
            try {
              ${wait} sleep(600000);
            } finally {
              throw new Error('while cleaning up');
            }
          });
        } catch (error) {
          say(error.message);
        }
      `,
    },
    {
      name: 'calls a handler set with addSignalHandler instead of cancelling main',
      says: ['handled', 'handled', 'ended'],
      body: `
        ${call}(${fn} {
          const loop = getRunningLoop();
          const [first, second] = [loop.createFuture(), loop.createFuture()];
          loop.addSignalHandler('SIGINT', () => (first.done() ? second : first).setResult('handled'));
          interrupt();
          say(${wait} first);
          interrupt();
          say(${wait} second);
        });
        say('ended');
      `,
    },
    {
      name: 'cancels main again once the program has removed its handler',
      says: ['KeyboardInterrupt'],
      body: `
        try {
          ${call}(${fn} {
            const loop = getRunningLoop();
            loop.addSignalHandler('SIGINT', () => say('never'));
            loop.removeSignalHandler('SIGINT');
            interrupt();
            ${wait} sleep(600000);
          });
        } catch (error) {
          say(error.name);
        }
      `,
    },
    {
      name: 'is left to a listener that the program had before the run',
      says: ['1', 'the program', 'not cancelled'],
      body: `
        // A blocking loop leaves the signal to libuv, which runs after the loop.
        const alive = setInterval(() => {}, 1000);
        const heard = new Promise((resolve) => process.once('SIGINT', () => (say('the program'), resolve())));
        const result = ${call}(${fn} {
          say(process.listenerCount('SIGINT'));
          interrupt();
          ${wait} sleep(20);
          return 'not cancelled';
        });
        await heard;
        clearInterval(alive);
        say(result);
      `,
    },
    {
      name: 'cancels main, not the task that is running',
      says: ['main', 'worker CancelledError', 'KeyboardInterrupt'],
      body: `
        try {
          ${call}(${fn} {
            createTask(function* () {
              try {
                yield* sleep(600000);
              } catch (error) {
                say('worker', error.name);
                throw error;
              }
            });
            createTask(function* () { interrupt(); });
            try {
              ${wait} sleep(600000);
            } finally {
              say('main');
            }
          });
        } catch (error) {
          say(error.name);
        }
      `,
    },
  ];
  let said: string[][];
  beforeAll(async () => {
    said = await play(scenarios);
  });

  it.each(scenarios)('$name', ({ name, says }) => {
    expect(said[scenarios.findIndex((scenario) => scenario.name === name)]).toEqual(says);
  });

  it('a second SIGINT ends the process as it does in Node', async () => {
    const ending = await start(`
      ${call}(${fn} {
        interrupt();
        try {
          ${wait} sleep(600000);
        } finally {
          say('cleaning up');
          interrupt();
          ${wait} sleep(600000);
          say('never');
        }
      });
    `);
    expect(ending).toMatchObject({ code: null, signal: 'SIGINT', stdout: 'cleaning up\n' });
  });

  it("after the run SIGINT has Node's handling again", async () => {
    const ending = await start(`
      ${call}(${fn} { ${wait} sleep(1); });
      say('ran');
      interrupt();
      setTimeout(() => say('never'), 600000);
    `);
    expect(ending).toMatchObject({ code: null, signal: 'SIGINT', stdout: 'ran\n' });
  });
});

describe.concurrent('SIGINT during other runs', () => {
  it('is left to a listener that the program adds during a hosted run', async () => {
    const ending = await start(`
      say(await run(async () => {
        const heard = getRunningLoop().createFuture();
        const alive = setTimeout(() => {}, 600000); // neither a listener nor the loop keeps the process alive
        process.on('SIGINT', () => {
          say('the program');
          heard.setResult();
        });
        interrupt();
        await heard;
        clearTimeout(alive);
        return 'not cancelled';
      }));
    `);
    expect(ending).toMatchObject({ code: 0, stdout: 'the program\nnot cancelled\n', stderr: '' });
  });

  it('interrupts each run of a Runner', async () => {
    const ending = await start(`
      const runner = new Runner();
      for (const method of ['runSync', 'run', 'runSync', 'run']) {
        try {
          await runner[method](function* () {
            interrupt();
            yield* sleep(600000);
          });
        } catch (error) {
          say(method, error.name);
        }
      }
      await runner.close();
    `);
    expect(ending).toMatchObject({
      code: 0,
      stdout: ['runSync', 'run', 'runSync', 'run'].map((method) => `${method} KeyboardInterrupt\n`).join(''),
    });
  });

  it('is not affected by a run in a worker', async () => {
    const ending = await start(`
      import { Worker } from 'node:worker_threads';
      const source = \`
        import { parentPort } from 'node:worker_threads';
        import { run, sleep } from 'selectloop';
        await run(async () => {
          parentPort.postMessage('waiting');
          await sleep(600000);
        });
      \`;
      new Worker(source, { eval: true }).on('message', interrupt);
    `);
    expect(ending).toMatchObject({ code: null, signal: 'SIGINT', stdout: '', stderr: '' });
  });
});
