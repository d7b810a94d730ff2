/** Worker threads: each has its own environment and its own loop, and may be terminated at any moment, even while its loop waits. */

import { describe, expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';

const SELECTORS = ['select', 'poll', 'epoll'] as const;

/** Starting workers is slow when many are started together. */
const LONG_MS = 60_000;

/** The tools of a main program: workers that run ES modules given as text, and the number of open descriptors. */
const PRELUDE = `
  import { once } from 'node:events';
  import { readdirSync, readlinkSync } from 'node:fs';
  import { connect } from 'node:net';
  import { Worker } from 'node:worker_threads';

  function start(body, workerData = {}) {
    const names = 'run, runSync, sleep, createTask, Future, Socket, sockAccept, sockRecv, sockSendAll, waitReadable, DeadlockError';
    const code = \`import { parentPort, workerData } from 'node:worker_threads';
      import { \${names} } from 'selectloop';
      const { selector } = workerData;\n\` + body;
    const worker = new Worker(code, { eval: true, execArgv: ['--input-type=module'], workerData });
    // Collected from the beginning: on a busy machine a message and the exit can arrive together.
    worker.ended = new Promise((resolve) => worker.once('exit', resolve));
    return worker;
  }
  function descriptors() {
    const counted = /^(socket|pipe|anon_inode)/;
    return readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return counted.test(readlinkSync('/proc/self/fd/' + fd));
      } catch {
        return false;
      }
    }).length;
  }
  const selector = process.env.SELECTOR;
  const finished = (worker) => worker.ended;
`;

async function outputOf(program: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const ending = await runProgram(PRELUDE + program, { env, timeoutMs: LONG_MS });
  expect(ending, ending.stderr).toMatchObject({ code: 0, signal: null });
  return ending.stdout.trim();
}

/** Ways in which a worker's loop waits indefinitely; each posts 'waiting' first. */
const WAITS = {
  'hosted, in an async sleep': `await run(async () => { parentPort.postMessage('waiting'); await sleep(1e9); }, { selector });`,
  'hosted, for a connection': `
    const listener = new Socket();
    listener.setBlocking(false);
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen();
    await run(async () => { parentPort.postMessage('waiting'); await sockAccept(listener); }, { selector });`,
  'blocking, in a sleep': `runSync(function* () { parentPort.postMessage('waiting'); yield* sleep(1e9); }, { selector });`,
  'blocking, for a connection': `
    const listener = new Socket();
    listener.setBlocking(false);
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen();
    runSync(function* () { parentPort.postMessage('waiting'); yield* sockAccept(listener); }, { selector });`,
  'blocking, in an endless series of short sleeps': `runSync(function* () { parentPort.postMessage('waiting'); for (;;) yield* sleep(1); }, { selector });`,
};

/** The waits that differ between the selectors. In the others libuv waits, or the loop hardly waits. */
const WAITS_IN_SELECTOR = Object.keys(WAITS).filter((name) => !/async|series/.test(name)) as Array<keyof typeof WAITS>;

describe.concurrent.each(SELECTORS)('a worker on %s', { timeout: LONG_MS }, (selector) => {
  it('is terminated while its loop waits, in every way, and does not delay process.exit of the main thread', async () => {
    const names = selector === 'epoll' ? (Object.keys(WAITS) as Array<keyof typeof WAITS>) : WAITS_IN_SELECTOR;
    const atExit = [WAITS['hosted, in an async sleep'], WAITS['blocking, in a sleep']];
    // After 30 ms it waits in the kernel. Immediately after its announcement it may not be there yet: then the selector makes no difference.
    const pauses = selector === 'epoll' ? [0, 30] : [30];
    const program = `
      async function terminatedInItsWait(wait, pauseMs) {
        const worker = start(wait, { selector });
        await once(worker, 'message');
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
        await worker.terminate();
      }
      const waits = ${JSON.stringify(names.map((name) => [name, WAITS[name]]))};
      await terminatedInItsWait(waits[0][1], 0); // the process opens what it keeps for its first worker
      const before = descriptors();
      const left = {};
      for (const [name, wait] of waits) {
        for (const pauseMs of ${JSON.stringify(pauses)}) await terminatedInItsWait(wait, pauseMs);
        left[name] = descriptors() - before;
      }
      console.log(JSON.stringify(left));
      const workers = ${JSON.stringify(atExit)}.map((wait) => start(wait, { selector }));
      await Promise.all(workers.map((worker) => once(worker, 'message')));
      setTimeout(() => process.exit(0), 20);`;
    const nothing = Object.fromEntries(names.map((name) => [name, 0]));
    expect(JSON.parse(await outputOf(program, { SELECTOR: selector }))).toEqual(nothing);
  });

  it('runs its own loop beside others: exchanges messages, does not spin for those it does not read, and exits alone', async () => {
    const program = `
      const hosted = start(\`const results = await run(async () => {
        const task = createTask(async () => { await sleep(20); return 'task'; });
        const message = new Promise((resolve) => parentPort.once('message', resolve));
        return [await message, await task];
      }, { selector });
      parentPort.postMessage(results);\`, { selector });
      const blocking = start(\`const result = runSync(function* () { yield* sleep(20); return 'slept'; }, { selector });
      parentPort.postMessage(result);\`, { selector });
      async function exchange(worker) {
        const messages = [];
        worker.on('message', (message) => messages.push(message));
        worker.postMessage('from main');
        const code = await finished(worker);
        return [...messages, code];
      }
      const deaf = start(\`
        parentPort.on('message', () => undefined);
        const { getRunningLoop } = await import('selectloop');
        const iterations = runSync(function* () {
          parentPort.postMessage('waiting');
          yield* sleep(400);
          return getRunningLoop().statistics().iterations;
        }, { selector });
        parentPort.close();
        process.exitCode = iterations;\`, { selector });
      async function iterations() {
        await once(deaf, 'message');
        for (let i = 0; i < 5; i += 1) deaf.postMessage('news');
        return await finished(deaf);
      }
      const exiting = [
        start(\`await run(async () => { await sleep(1); process.exit(5); }, { selector });\`, { selector }),
        start(\`runSync(function* () { yield* sleep(1); process.exit(6); }, { selector });\`, { selector }),
      ];
      const [exchanged, count, codes] = await Promise.all([
        Promise.all([exchange(hosted), exchange(blocking)]),
        iterations(),
        Promise.all(exiting.map(finished)),
      ]);
      console.log(JSON.stringify({ exchanged, iterations: count, codes }));`;
    const outcome = JSON.parse(await outputOf(program, { SELECTOR: selector })) as { iterations: number };
    expect(outcome).toMatchObject({
      exchanged: [
        [['from main', 'task'], 0],
        ['slept', 0],
      ],
      codes: [5, 6],
    });
    expect(outcome.iterations).toBeGreaterThanOrEqual(2);
    expect(outcome.iterations).toBeLessThan(30); // a message or an engine task costs one; spinning costs thousands
  });
});

describe.concurrent('workers with a loop', { timeout: LONG_MS }, () => {
  it('end when main is done, end with an error when main throws, and detect a deadlock although they watch for their termination', async () => {
    const program = `
      console.log(await finished(start('await run(async () => { await sleep(1); });')));
      const failing = start("await run(async () => { throw new Error('of the worker'); });");
      const [error] = await once(failing, 'error');
      console.log(error.message, await finished(failing));
      const deadlocked = start(\`
        try {
          runSync(function* () { yield* new Future(); });
        } catch (error) {
          parentPort.postMessage(error instanceof DeadlockError);
        }\`);
      console.log('deadlock', (await once(deadlocked, 'message'))[0]);`;
    expect(await outputOf(program)).toBe('0\nof the worker 1\ndeadlock true');
  });

  it('close their connections and their port when they are terminated', async () => {
    const program = `
      const server = \`
        const listener = new Socket();
        listener.setBlocking(false);
        listener.bind({ host: '127.0.0.1', port: 0 });
        listener.listen();
        parentPort.postMessage(listener.getsockname().port);
        await run(async () => {
          const { socket } = await sockAccept(listener);
          parentPort.postMessage('accepted');
          await sockRecv(socket, 100);
        });\`;
      const worker = start(server);
      const [port] = await once(worker, 'message');
      const client = connect(port, '127.0.0.1');
      await once(worker, 'message');
      const ended = once(client.resume(), 'end');
      await worker.terminate();
      await ended;
      client.destroy();
      const refused = connect(port, '127.0.0.1');
      const [error] = await once(refused, 'error');
      console.log(error.code);`;
    expect(await outputOf(program)).toBe('ECONNREFUSED');
  });

  it('leave no descriptor open after five workers at once, each with a hosted and a blocking run', async () => {
    const program = `
      const body = \`
        await run(async () => { await sleep(1); });
        runSync(function* () { yield* sleep(1); });\`;
      await finished(start(body));
      const before = descriptors();
      await Promise.all(Array.from({ length: 5 }, () => finished(start(body))));
      console.log(descriptors() - before, 'descriptors left');`;
    expect(await outputOf(program)).toBe('0 descriptors left');
  });

  it('leave none of their descriptors open, however they end', async () => {
    const program = `
      const body = (mode, end) => \`
        import {
          connectReadPipe, connectWritePipe, createDatagramEndpoint, openConnection, pipe, startServer, startUnixServer
        } from 'selectloop';
        const kept = [];
        function* main() {
          const server = yield* startServer(function* (reader) { yield* reader.read(1); yield* sleep(1e9); }, '127.0.0.1', 0);
          const client = yield* openConnection('127.0.0.1', server.sockets[0].getsockname().port);
          client.writer.write(Buffer.alloc(20_000_000)); // far more than the kernel takes: it is being sent
          const unix = yield* startUnixServer(() => undefined, '\\\\0selectloop-' + process.pid);
          const names = yield* createDatagramEndpoint(() => ({ datagramReceived() {} }), { localAddress: { host: '127.0.0.1', port: 0 } });
          const { read, write } = pipe();
          kept.push(server, client, unix, names, yield* connectReadPipe(() => ({}), read), yield* connectWritePipe(() => ({}), write));
          const full = new Socket();
          full.bind({ host: '127.0.0.1', port: 0 });
          full.listen(0);
          const address = full.getsockname();
          for (let i = 0; i < 4; i += 1) kept.push(createTask(openConnection(address.host, address.port)));
          yield* sleep(1);
          parentPort.postMessage('everything is open');
          \${end}
        }
        await \${mode}(main);\`;
      async function codeOf(mode, end) {
        const worker = start(body(mode, end));
        await once(worker, 'message');
        if (end.includes('1e9')) await worker.terminate();
        return await worker.ended;
      }
      const before = descriptors();
      const codes = [
        await codeOf('run', 'yield* sleep(1e9);'),
        await codeOf('runSync', 'yield* sleep(1e9);'),
        await codeOf('run', 'process.exit(7);'),
        await codeOf('runSync', 'return;'),
      ];
      console.log(codes.join(), descriptors() - before, 'descriptors left');`;
    expect(await outputOf(program)).toBe('1,1,7,0 0 descriptors left');
  });

  it('may be terminated while they load the addon', async () => {
    // Each a little later than the previous one: in some, no JavaScript can run while the addon defines its exports.
    const program = `
      import addon from 'node-gyp-build';
      const code = \`
        const { workerData } = require('node:worker_threads');
        Atomics.store(workerData, 0, 1);
        require('\${addon.path(process.cwd())}');
        setInterval(() => undefined, 1000);\`;
      for (let i = 0; i < 10; i += 1) {
        const workerData = new Int32Array(new SharedArrayBuffer(4));
        const worker = new Worker(code, { eval: true, execArgv: [], workerData });
        const ended = once(worker, 'exit');
        while (Atomics.load(workerData, 0) === 0) await new Promise(setImmediate);
        const untilMs = performance.now() + i * 0.05;
        while (performance.now() < untilMs);
        await worker.terminate();
        await ended;
      }
      console.log('still here');`;
    expect(await outputOf(program)).toBe('still here');
  });
});
