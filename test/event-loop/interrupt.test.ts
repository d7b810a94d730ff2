/** M5: Ctrl-C during a run, in programs of their own. Each sends itself the signal, so there is nothing to wait for. */

import { describe, expect, it } from 'vitest';

import { type Ending, runProgram } from '../support/child-program.js';

/** In a blocking loop a signal to oneself arrives at the next wait; hosted it needs a turn of libuv as well. */
const prelude = `
  import { Runner, getRunningLoop, run, runSync, sleep, createTask, currentTask } from 'selectloop';
  const interrupt = () => process.kill(process.pid, 'SIGINT');
  const say = (...words) => process.stdout.write(words.join(' ') + '\\n');
`;

const start = (body: string): Promise<Ending> => runProgram(prelude + body);

const modes = [
  { mode: 'runSync', call: 'runSync', fn: 'function* ()', wait: 'yield*' },
  { mode: 'run with a generator', call: 'await run', fn: 'function* ()', wait: 'yield*' },
  { mode: 'run with an async function', call: 'await run', fn: 'async () =>', wait: 'await' },
];

// The programs wait for nothing but themselves, so they can run side by side.
describe.concurrent.each(modes)('SIGINT during $mode', ({ call, fn, wait }) => {
  it('M5: cancels main, whose finally blocks run, and comes out as KeyboardInterrupt', async () => {
    const ending = await start(`
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
    `);
    expect(ending).toMatchObject({
      code: 0,
      stdout: 'cleaned up\nKeyboardInterrupt ERR_KEYBOARD_INTERRUPT CancelledError 0\n',
      stderr: '',
    });
  });

  it('M5: the second one ends the process as Node would', async () => {
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

  it('M5: a main that refuses to end, ends with its result', async () => {
    const ending = await start(`
      say(${call}(${fn} {
        interrupt();
        try {
          ${wait} sleep(600000);
        } catch (error) {
          return 'refused ' + error.name;
        }
      }));
    `);
    expect(ending).toMatchObject({ code: 0, stdout: 'refused CancelledError\n', stderr: '' });
  });

  it('M5: is a CancelledError when somebody else cancelled main too', async () => {
    const ending = await start(`
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
    `);
    expect(ending).toMatchObject({ code: 0, stdout: 'CancelledError\n' });
  });

  it('M5: main’s own error comes out when it fails because of it', async () => {
    const ending = await start(`
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
    `);
    expect(ending).toMatchObject({ code: 0, stdout: 'while cleaning up\n' });
  });

  it('M5: the handling of SIGINT is Node’s again after the run', async () => {
    const ending = await start(`
      ${call}(${fn} { ${wait} sleep(1); });
      say('ran');
      interrupt();
      setTimeout(() => say('never'), 600000);
    `);
    expect(ending).toMatchObject({ code: null, signal: 'SIGINT', stdout: 'ran\n' });
  });

  it('M5: goes to addSignalHandler, if the program used it, and main is left alone', async () => {
    const ending = await start(`
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
    `);
    expect(ending).toMatchObject({ code: 0, stdout: 'handled\nhandled\nended\n', stderr: '' });
  });

  it('M5: cancels main again once the program has taken its handler away', async () => {
    const ending = await start(`
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
    `);
    expect(ending).toMatchObject({ code: 0, stdout: 'KeyboardInterrupt\n' });
  });

  it('M5: is left to the program when it listened before', async () => {
    const ending = await start(`
      const alive = setInterval(() => {}, 1000); // a blocking loop leaves it to libuv, which comes to it when the run is over
      process.on('SIGINT', () => (say('the program'), clearInterval(alive)));
      say(${call}(${fn} {
        say(process.listenerCount('SIGINT'));
        interrupt();
        ${wait} sleep(20);
        return 'not cancelled';
      }));
    `);
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    expect(ending.stdout.split('\n').sort()).toEqual(['', '1', 'not cancelled', 'the program']);
  });

  it('M5: does nothing when another task is running: main is what is cancelled', async () => {
    const ending = await start(`
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
    `);
    expect(ending).toMatchObject({ code: 0, stdout: 'main\nworker CancelledError\nKeyboardInterrupt\n', stderr: '' });
  });
});

describe.concurrent('SIGINT', () => {
  it('M5: is left to the program when it begins to listen during a hosted run', async () => {
    const ending = await start(`
      say(await run(async () => {
        const heard = getRunningLoop().createFuture();
        const alive = setTimeout(() => {}, 600000); // a listener does not keep a process alive, nor does our loop for it
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

  it('M5: interrupts each run of a Runner anew', async () => {
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

  it('M5: is not touched by a run in a worker', async () => {
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
