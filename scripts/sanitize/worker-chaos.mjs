/**
 * Workers that are full of work, terminated at any moment, also while they load the addon.
 *
 *     node --expose-gc worker-chaos.mjs ADDON SEED WORKERS
 *
 * ADDON is the file that must be loaded. A seed repeats which work each worker does and when it is terminated, as a fraction of the time
 * that a worker needs until it works; what it is doing then still depends on the machine. Fails if anything is left of the workers: descriptors, threads, children.
 */

import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { Random } from '../campaign/random.mjs';
import {
  childProcesses,
  newDescriptors,
  openDescriptors,
  settles,
  someOf,
  threadCount,
} from '../campaign/processes.mjs';
import { stopwatch } from '../campaign/report.mjs';

const [addon, seed, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const random = new Random(seed);
const AT_ONCE = 3;
const SETTLE_MS = 20_000;

/** One task for each part of the addon. Each runs until the worker ends. */
const WORK = {
  streams: `function* () {
    const server = yield* S.startServer(function* (reader, writer) {
      for (let data; (data = yield* reader.read(1000)).length > 0;) writer.write(data);
      writer.close();
    }, '127.0.0.1', 0);
    for (;;) {
      const { reader, writer } = yield* S.openConnection('127.0.0.1', server.port);
      writer.write(Buffer.from('x'));
      yield* reader.readExactly(1);
      writer.close();
    }
  }`,
  resolver: `function* () {
    for (;;) yield* S.getaddrinfo('localhost', 80);
  }`,
  names: `function* () {
    for (;;) yield* S.getnameinfo({ host: '127.0.0.1', port: 80 }, { numericHost: true, numericService: true });
  }`,
  children: `function* () {
    for (;;) {
      const child = yield* S.createSubprocess('/bin/sh', ['-c', 'sleep 0.02; echo x'], { stdout: 'pipe' });
      yield* child.stdout.read();
      yield* child.wait();
    }
  }`,
  datagrams: `function* () {
    yield* S.createDatagramEndpoint(() => ({
      connectionMade(transport) {
        this.transport = transport;
        transport.sendTo(Buffer.from('a'), transport.getExtraInfo('socket').getsockname());
      },
      datagramReceived(data, address) { this.transport.sendTo(data, address); },
    }), { localAddress: { host: '127.0.0.1', port: 0 } });
    yield* S.sleep(1e6);
  }`,
  passing: `function* () {
    const [left, right] = S.socketpair();
    for (const end of [left, right]) end.setBlocking(false);
    for (;;) {
      left.sendMsg([Buffer.from('x')], { fds: [left.fileno()] });
      right.recvMsg(10, { maxFds: 0 }); // closes what it receives: a number that the worker has taken is its own to close
      yield* S.sleep(1);
    }
  }`,
  selectors: `function* () {
    for (;;) {
      const selector = new S.DefaultSelector();
      const [left, right] = S.socketpair();
      selector.register(left, S.EVENT_WRITE);
      selector.select(0);
      selector.close();
      left.close();
      right.close();
      yield* S.sleep(0);
    }
  }`,
  threads: `function* () {
    for (;;) yield* S.toThread((a, b) => a + b, 20, 22);
  }`,
};

function programOf({ works, blocking, selector }) {
  const tasks = works.map((name) => `S.createTask(${WORK[name]});`).join('\n');
  const run = blocking ? 'S.runSync' : 'await S.run';
  return `
    import * as S from 'selectloop';
    import { parentPort } from 'node:worker_threads';
    const main = function* () {
      S.getRunningLoop().setExceptionHandler((_, { message, exception }) =>
        parentPort.postMessage(message + ': ' + (exception?.stack ?? exception)));
      ${tasks}
      yield* S.sleep(1);
      parentPort.postMessage(null);
      yield* S.sleep(1e6);
    };
    ${run}(main, { selector: '${selector}' });
  `;
}

const problems = [];
/** How many workers had begun their work when they were terminated. */
let working = 0;

async function startAndTerminate(number) {
  const names = Object.keys(WORK);
  const plan = {
    works: names.filter(() => random.chance(0.6)),
    blocking: random.chance(0.5),
    selector: random.pick(['select', 'poll', 'epoll']),
    // Half of them while the worker starts or loads the addon. With others beside it, it starts more slowly.
    startups: random.chance(0.5) ? random.next() : 1 + 3 * random.next(),
  };
  const worker = new Worker(programOf(plan), { eval: true });
  const note = (what) => problems.push(`worker ${number} (${JSON.stringify(plan)}): ${what}`);
  worker.on('error', (error) => note(error.stack ?? error));
  worker.on('message', (problem) => {
    if (problem === null) working += 1;
    else note(problem);
  });
  await new Promise((resolve) => setTimeout(resolve, plan.startups * typicalMs));
  await worker.terminate();
}

/** Terminates a worker once it works. Returns the milliseconds until then. */
async function startupMs() {
  const worker = new Worker(programOf({ works: Object.keys(WORK), blocking: false, selector: 'epoll' }), {
    eval: true,
  });
  const startMs = performance.now();
  await new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (problem) => (problem === null ? resolve() : reject(new Error(problem))));
  });
  const result = performance.now() - startMs;
  await worker.terminate();
  return result;
}

const elapsed = stopwatch();
await import('selectloop');
if (!readFileSync('/proc/self/maps', 'utf8').includes(addon)) {
  console.error(`worker-chaos: expected ${addon} to be loaded`);
  process.exit(1);
}
// What Node makes once and keeps, such as the pipes of its thread pool, exists after the first worker.
await startupMs();
const typicalMs = await startupMs();
await settles(() => childProcesses().length === 0, SETTLE_MS);
const before = openDescriptors();
const threads = threadCount();
for (let number = 1; number <= count; number += AT_ONCE) {
  const together = Array.from({ length: Math.min(AT_ONCE, count - number + 1) }, (_, i) =>
    startAndTerminate(number + i),
  );
  await Promise.all(together);
  console.log(`${Math.min(number + AT_ONCE - 1, count)} of ${count} workers`);
}
/** A worker that Node terminates while it reads a module keeps the file open. */
const isModule = (descriptor) => /\.[cm]?js$/.test(descriptor);
const descriptorsLeft = () => newDescriptors(before).filter((descriptor) => !isModule(descriptor));
await settles(
  () => descriptorsLeft().length === 0 && threadCount() <= threads && childProcesses().length === 0,
  SETTLE_MS,
);
const left = descriptorsLeft();
if (left.length > 0) problems.push(`descriptors are left: ${someOf(left)}`);
if (threadCount() > threads) problems.push(`${threadCount() - threads} threads are left`);
if (childProcesses().length > 0) problems.push(`children are left: ${someOf(childProcesses())}`);
if (working === 0) problems.push('every worker was terminated before its work began');
for (const problem of problems.slice(0, 10)) console.log(problem);
console.log(
  problems.length === 0
    ? `${count} workers terminated, ${working} of them at work (seed ${seed}) in ${elapsed()}; nothing left`
    : `FAILED with seed ${seed}: ${problems.length} problems`,
);
process.exit(problems.length === 0 ? 0 : 1);
