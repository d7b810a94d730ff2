/** Signals of loops in worker threads, in separate programs: a signal without a handler would end the test process. */

import { describe, expect, it } from 'vitest';

import { type Ending, runProgram } from '../support/child-program.js';

/** Starting workers is slow when many are started together. */
const LONG_MS = 60_000;

/** Workers given as source text, which report with `say(...)`; `main` waits for a report with `heard(worker, word)`. */
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
      for (const look of worker.waiting) look();
    });
    worker.ended = new Promise((resolve) => worker.once('exit', resolve));
    return worker;
  }
  const heard = (worker, words) => new Promise((resolve) => {
    const look = () => worker.said.includes(words) && resolve();
    worker.waiting.push(look);
    look();
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

/** A worker's run that waits for SIGUSR2 twice. */
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
  it.each(Object.entries(WAITS_TWICE))('is called for every signal, in %s', async (_, body) => {
    const said = await outputOf(
      `const worker = start(${JSON.stringify(body)});
      await heard(worker, 'ready');
      raise();
      await heard(worker, 'again');
      raise();
      await worker.ended;
      console.log(worker.said.join('\\n'));`,
      selector,
    );
    expect(said).toEqual(['ready', 'got it', 'again', 'got it']);
  });

  it('follows its loop from a blocking to a hosted run, and gets a signal between them', async () => {
    const body = `
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
    const said = await outputOf(
      `const worker = start(${JSON.stringify(body)});
      await worker.ended;
      console.log(worker.said.join());`,
      selector,
    );
    expect(said).toEqual(['got,got,got,got']);
  });
});

const HANDLES_UNTIL_TOLD = `
  import { parentPort as port } from 'node:worker_threads';
  await run(async () => {
    const loop = getRunningLoop();
    const told = new Event();
    loop.addSignalHandler('SIGUSR2', () => say('worker'));
    port.once('message', () => told.set());
    say('ready');
    await told.wait();
    loop.removeSignalHandler('SIGUSR2');
    say('removed');
  }, { selector });
  port.close();`;

describe.concurrent('signal handlers of workers', { timeout: LONG_MS }, () => {
  it('restore the default when they are removed', async () => {
    const ending = await runWith(`
      const worker = start(${JSON.stringify(HANDLES_UNTIL_TOLD)});
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

  it('restore the default and leave no descriptor when their worker is terminated', async () => {
    const ending = await runWith(`
      const before = pipes();
      const worker = start(${JSON.stringify(HANDLES_UNTIL_TOLD)});
      await heard(worker, 'ready');
      await worker.terminate();
      console.log(pipes() - before, 'pipes left');
      raise();
      await new Promise(() => setInterval(() => {}, 1000));`);
    expect(ending).toMatchObject({ signal: 'SIGUSR2', stdout: '0 pipes left\n' });
  });

  it('coexist with earlier listeners of the main thread, and leave them the signal at the end', async () => {
    const said = await outputOf(`
      let heardByMain = 0;
      process.on('SIGUSR2', () => (heardByMain += 1));
      const main = async (times) => {
        while (heardByMain < times) await new Promise((resolve) => setTimeout(resolve, 1));
      };
      const worker = start(${JSON.stringify(HANDLES_UNTIL_TOLD)});
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

  it('coexist with a handler of a hosted loop in the main thread that is added and removed', async () => {
    const said = await outputOf(`
      const worker = start(${JSON.stringify(HANDLES_UNTIL_TOLD)});
      await heard(worker, 'ready');
      await run(async () => {
        const main = new Event();
        getRunningLoop().addSignalHandler('SIGUSR2', () => { console.log('main'); main.set(); });
        raise();
        await main.wait();
        await heard(worker, 'worker');
      });
      worker.said.length = 0;
      raise(); // Node's listener is gone with the loop; the worker's handler is left
      await heard(worker, 'worker');
      worker.postMessage('enough');
      await worker.ended;`);
    expect(said).toEqual(['main']);
  });

  it('are refused with EBUSY while another loop receives the signal through its pipe', async () => {
    const said = await outputOf(`
      const first = start(${JSON.stringify(HANDLES_UNTIL_TOLD)});
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

  it('keep SIGINT while the main thread runs its own loops', async () => {
    const body = HANDLES_UNTIL_TOLD.replaceAll('SIGUSR2', 'SIGINT');
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
