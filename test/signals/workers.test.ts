/** Signal handlers in worker threads. Each test runs a separate program, because a signal without a handler ends its process. */

import { describe, expect, it } from 'vitest';

import { type Ending, runProgram } from '../support/child-program.js';

/** The time limit of a test. Workers start slowly when many start at the same time. */
const LONG_MS = 60_000;

/**
 * The beginning of every program. `start(body)` runs source text in a worker, which sends messages with `say(...)`. `heard(worker, words)`
 * resolves when the worker has sent that message.
 */
const PRELUDE = `
  import { Worker } from 'node:worker_threads';
  import { readdirSync, readlinkSync } from 'node:fs';
  import { Event, EventLoop, Runner, getRunningLoop, newEventLoop, run, runSync, sleep } from 'selectloop';

  const selector = process.env.SELECTOR;
  function start(body) {
    const worker = new Worker(\`
      import { parentPort } from 'node:worker_threads';
      import { Event, EventLoop, Runner, getRunningLoop, run, runSync, sleep } from 'selectloop';
      const selector = '\${selector}';
      const say = (...words) => parentPort.postMessage(words.join(' '));
      \` + body, { eval: true, execArgv: ['--input-type=module'] });
    worker.said = [];
    worker.waiting = [];
    worker.on('message', (words) => {
      worker.said.push(words);
      for (const check of worker.waiting) check();
    });
    worker.ended = new Promise((resolve) => worker.once('exit', resolve));
    return worker;
  }
  const heard = (worker, words) => new Promise((resolve) => {
    const check = () => worker.said.includes(words) && resolve();
    worker.waiting.push(check);
    check();
  });
  const raise = (signal = 'SIGUSR2') => process.kill(process.pid, signal);
  const pipes = () => readdirSync('/proc/self/fd').filter((fd) => {
    try { return readlinkSync('/proc/self/fd/' + fd).startsWith('pipe'); } catch { return false; }
  }).length;
`;

const runWith = (program: string, selector = 'epoll'): Promise<Ending> =>
  runProgram(PRELUDE + program, { env: { SELECTOR: selector }, timeoutMs: LONG_MS });

async function outputOf(program: string, selector?: string): Promise<string[]> {
  const ending = await runWith(program, selector);
  expect(ending, ending.stderr).toMatchObject({ code: 0, signal: null });
  return ending.stdout.trim().split('\n');
}

/** Bodies of workers that wait for SIGUSR2 twice, by the way in which they run. */
const WAITS_TWICE = {
  'run with an async function': `await run(async () => {
    let got = new Event();
    getRunningLoop().addSignalHandler('SIGUSR2', (...args) => { say(...args); got.set(); }, 'got', 'it');
    say('ready');
    await got.wait();
    got = new Event();
    say('again');
    await got.wait();
  }, { selector });`,
  'run with a generator': `await run(function* () {
    let got = new Event();
    getRunningLoop().addSignalHandler('SIGUSR2', (...args) => { say(...args); got.set(); }, 'got', 'it');
    say('ready');
    yield* got.wait();
    got = new Event();
    say('again');
    yield* got.wait();
  }, { selector });`,
  runSync: `runSync(function* () {
    let got = new Event();
    getRunningLoop().addSignalHandler('SIGUSR2', (...args) => { say(...args); got.set(); }, 'got', 'it');
    say('ready');
    yield* got.wait();
    got = new Event();
    say('again');
    yield* got.wait();
  }, { selector });`,
};

describe.each(['select', 'poll', 'epoll'])('a signal handler of a worker on %s', { timeout: LONG_MS }, (selector) => {
  it('is called for every signal, in every kind of run, and between two runs of a Runner', async () => {
    const between = `
      const runner = new Runner({ selector });
      let arrived = new Event();
      runner.getLoop().addSignalHandler('SIGUSR2', () => { say('got'); arrived.set(); });
      function* once() {
        process.kill(process.pid, 'SIGUSR2');
        yield* arrived.wait();
        arrived = new Event();
      }
      runner.runSync(once);
      await runner.run(once);
      runner.runSync(once);
      process.kill(process.pid, 'SIGUSR2');
      await runner.run(async () => await arrived.wait());
      await runner.close();`;
    // One worker for all of them, because starting it takes most of the time.
    const kinds = Object.entries(WAITS_TWICE).map(
      ([kind, body]) => `{
        const tell = say;
        {
          const say = (...words) => tell('${kind}:', ...words);
          ${body}
        }
      }`,
    );
    const [said = ''] = await outputOf(
      `const worker = start(${JSON.stringify([...kinds, between].join('\n'))});
      for (const kind of ${JSON.stringify(Object.keys(WAITS_TWICE))}) {
        await heard(worker, kind + ': ready');
        raise();
        await heard(worker, kind + ': again');
        raise();
      }
      await worker.ended;
      console.log(JSON.stringify(worker.said));`,
      selector,
    );
    const expected = Object.keys(WAITS_TWICE).flatMap((kind) =>
      ['ready', 'got it', 'again', 'got it'].map((words) => `${kind}: ${words}`),
    );
    expect(JSON.parse(said)).toEqual([...expected, 'got', 'got', 'got', 'got']);
  });
});

const HANDLES_UNTIL_MESSAGE = `
  import { parentPort as port } from 'node:worker_threads';
  await run(async () => {
    const loop = getRunningLoop();
    const stop = new Event();
    loop.addSignalHandler('SIGUSR2', () => say('worker'));
    port.once('message', () => stop.set());
    say('ready');
    await stop.wait();
    loop.removeSignalHandler('SIGUSR2');
    say('removed');
  }, { selector });
  port.close();`;

describe.concurrent('signal handlers of workers', { timeout: LONG_MS }, () => {
  it('restore the default action when they are removed', async () => {
    const ending = await runWith(`
      const worker = start(${JSON.stringify(HANDLES_UNTIL_MESSAGE)});
      await heard(worker, 'ready');
      raise();
      await heard(worker, 'worker');
      worker.postMessage('enough');
      await worker.ended;
      console.log('survived the first');
      raise();
      await new Promise(() => setInterval(() => {}, 1000));`);
    expect(ending).toMatchObject({ signal: 'SIGUSR2', stdout: 'survived the first\n' });
  });

  it('restore the default action and leave no descriptor open when their worker is terminated', async () => {
    const ending = await runWith(`
      const before = pipes();
      const worker = start(${JSON.stringify(HANDLES_UNTIL_MESSAGE)});
      await heard(worker, 'ready');
      await worker.terminate();
      console.log(pipes() - before, 'pipes left');
      raise();
      await new Promise(() => setInterval(() => {}, 1000));`);
    expect(ending).toMatchObject({ signal: 'SIGUSR2', stdout: '0 pipes left\n' });
  });

  it('coexist with earlier listeners in the main thread, which still receive the signal after the handlers are removed', async () => {
    const said = await outputOf(`
      let heardByMain = 0;
      process.on('SIGUSR2', () => (heardByMain += 1));
      const main = async (times) => {
        while (heardByMain < times) await new Promise((resolve) => setTimeout(resolve, 1));
      };
      const worker = start(${JSON.stringify(HANDLES_UNTIL_MESSAGE)});
      await heard(worker, 'ready');
      raise();
      await Promise.all([main(1), heard(worker, 'worker')]);
      worker.postMessage('enough');
      await worker.ended;
      raise();
      await main(2);
      console.log(worker.said.join());`);
    expect(said).toEqual(['ready,worker,removed']);
  });

  it('coexist with a handler of a hosted loop in the main thread, and still work when that loop has closed', async () => {
    const said = await outputOf(`
      const worker = start(${JSON.stringify(HANDLES_UNTIL_MESSAGE)});
      await heard(worker, 'ready');
      await run(async () => {
        const main = new Event();
        getRunningLoop().addSignalHandler('SIGUSR2', () => { console.log('main'); main.set(); });
        raise();
        await main.wait();
        await heard(worker, 'worker');
      });
      worker.said.length = 0;
      raise(); // the loop of the main thread has closed, which removed Node's listener; the worker's handler is still set
      await heard(worker, 'worker');
      worker.postMessage('enough');
      await worker.ended;`);
    expect(said).toEqual(['main']);
  });

  it('are refused with EBUSY while another loop receives the signal through its pipe', async () => {
    const said = await outputOf(`
      const first = start(${JSON.stringify(HANDLES_UNTIL_MESSAGE)});
      await heard(first, 'ready');
      const second = start(\`await run(async () => {
        try {
          getRunningLoop().addSignalHandler('SIGUSR2', () => {});
        } catch (error) {
          say(error.name, error.code, error.syscall);
        }
      });\`);
      await second.ended;
      const mine = newEventLoop({ selector });
      try {
        mine.addSignalHandler('SIGUSR2', () => {});
      } catch (error) {
        console.log(error.code);
      }
      mine.close();
      raise();
      await heard(first, 'worker');
      first.postMessage('enough');
      await first.ended;
      console.log(second.said.join());`);
    expect(said).toEqual(['EBUSY', 'OSError EBUSY sigaction']);
  });

  it('still receive SIGINT after the main thread has run loops', async () => {
    const body = HANDLES_UNTIL_MESSAGE.replaceAll('SIGUSR2', 'SIGINT');
    const said = await outputOf(`
      const worker = start(${JSON.stringify(body)});
      await heard(worker, 'ready');
      console.log(runSync(function* () { yield* sleep(1); return 'blocking'; }));
      console.log(await run(async () => { await sleep(1); return 'hosted'; }));
      raise('SIGINT');
      await heard(worker, 'worker');
      worker.postMessage('enough');
      await worker.ended;`);
    expect(said).toEqual(['blocking', 'hosted']);
  });
});
