/** Wrong arguments of the methods of public classes: as for functions, a clear error or a good result. */

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  Barrier,
  BoundedSemaphore,
  Condition,
  ContextVar,
  Event,
  Future,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  Runner,
  Semaphore,
  WorkerPool,
  copyContext,
  createDatagramEndpoint,
  createServer,
  createSubprocess,
  createTask,
  getRunningLoop,
  run,
  sleep,
  taskGroup,
  timeout,
} from 'selectloop';
import { EpollSelector, PollSelector, SelectSelector } from 'selectloop/selectors';
import { Socket } from 'selectloop/sockets';
import { Sequencer, VirtualClock, memoryPair } from 'selectloop/testing';
import { Recorder } from 'selectloop/trace';
import { describe, expect, it } from 'vitest';

import { HOSTILE, problemOf, release } from './hostile.js';

type Method = (this: object, ...args: unknown[]) => unknown;

const LIB = fileURLToPath(new URL('../../lib', import.meta.url));

/** The sources of the classes, by name. */
const sources = new Map<string, string>();
for (const file of readdirSync(LIB, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.ts') || file.startsWith('simulation/')) continue; // no program gets an object of the simulated kernel
  const text = readFileSync(join(LIB, file), 'utf8');
  for (const [, name] of text.matchAll(/^(?:export )?(?:abstract )?class (\w+)/gm)) sources.set(name!, text);
}

/** The names of the methods that TypeScript hides from programs. */
function hiddenIn(className: string): Set<string> {
  const declared = /^ {2}(?:private|protected) (?:(?:override|static|readonly|abstract) )*\*?(\w+)/gm;
  const internal = /@internal[^/]*\*\/\s+(?:override )?\*?(\w+)/g;
  const source = sources.get(className) ?? '';
  return new Set([declared, internal].flatMap((pattern) => [...source.matchAll(pattern)].map(([, name]) => name!)));
}

/** The public methods of an object, those of its base classes included. */
function methodsOf(object: object): Array<[string, Method]> {
  const methods = new Map<string, Method>();
  for (
    let level = Object.getPrototypeOf(object) as object;
    level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object
  ) {
    const hidden = hiddenIn(level.constructor.name);
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level)))
      if (
        typeof value === 'function' &&
        name !== 'constructor' &&
        !name.startsWith('_') &&
        !hidden.has(name) &&
        !methods.has(name)
      )
        methods.set(name, value as Method);
  }
  const isInstrument = object instanceof Recorder; // most of its methods are for the loop
  return [...methods].filter(
    ([name]) =>
      !LEFT_OUT.has(name) &&
      !LEFT_OUT.has(`${object.constructor.name}.${name}`) &&
      (!isInstrument || name.startsWith('to')),
  );
}

/** They stop the loop of the test, wait for what does not come, or compare the items of the program with each other. */
const LEFT_OUT = new Set([
  'runForever',
  'stop',
  'close',
  'detach',
  'serveForever',
  'select',
  'selectEach',
  'PriorityQueue.putNowait',
]);

/** Arguments that are right as far as they go, so that the hostile ones reach later positions. */
const LEADING: Record<string, unknown[]> = {
  addDoneCallback: [() => undefined],
  callSoon: [() => undefined],
  callLater: [1],
  callAt: [1],
  createConnection: [() => ({}), '127.0.0.1', 1],
  createServer: [() => ({}), '127.0.0.1', 0],
  createUnixConnection: [() => ({}), '/nonexistent'],
  createUnixServer: [() => ({}), '/nonexistent'],
  createSubprocess: ['true', []],
  createTask: [() => sleep(0)],
  getaddrinfo: ['127.0.0.1', 80],
  run: [() => undefined],
  setsockopt: [1],
  getsockopt: [1],
};

const protocol = { datagramReceived: () => undefined };

/** Make an object to call the methods of, in a running loop. In an array, because some are awaitable. */
const OBJECTS: Record<string, () => [object] | Promise<[object]>> = {
  Future: () => [new Future()],
  'a failed Future': () => {
    const future = new Future();
    future.setException(new RangeError('failed'));
    future.exception();
    return [future];
  },
  Task: () => [createTask(sleep(0))],
  Coroutine: () => [sleep(0)],
  TaskGroup: async () => [await taskGroup(async (group) => group)],
  Timeout: async () => [await timeout(1000, async (scope) => scope)],
  Lock: () => [new Lock()],
  Event: () => [new Event()],
  Condition: () => [new Condition()],
  Semaphore: () => [new Semaphore()],
  BoundedSemaphore: () => [new BoundedSemaphore()],
  Barrier: () => [new Barrier(2)],
  Queue: () => [new Queue()],
  LifoQueue: () => [new LifoQueue()],
  PriorityQueue: () => [new PriorityQueue()],
  Context: () => [copyContext()],
  ContextVar: () => [new ContextVar('variable')],
  EventLoop: () => [getRunningLoop()],
  TimedHandle: () => [getRunningLoop().callLater(0, () => undefined)],
  Runner: () => [new Runner()],
  WorkerPool: () => [new WorkerPool()],
  SelectSelector: () => [new SelectSelector()],
  PollSelector: () => [new PollSelector()],
  EpollSelector: () => [new EpollSelector()],
  Socket: () => [new Socket()],
  Server: async () => [await createServer(() => ({}), '127.0.0.1', 0)],
  StreamReader: () => [memoryPair()[0].reader],
  StreamWriter: () => [memoryPair()[0].writer],
  Transport: () => [memoryPair()[0].writer.transport],
  DatagramTransport: async () => {
    const localAddress = { host: '127.0.0.1', port: 0 };
    const { transport } = await createDatagramEndpoint(() => protocol, { localAddress });
    return [transport];
  },
  Process: async () => [await createSubprocess('true')],
  Sequencer: () => [new Sequencer()],
  VirtualClock: () => [new VirtualClock()],
  Recorder: () => [new Recorder()],
};

async function call(object: object, method: Method, args: unknown[]): Promise<unknown> {
  let result: unknown;
  try {
    result = method.apply(object, args);
    if (result instanceof Promise) result.catch(() => undefined); // of `then`, which may never settle, and of Runner.run
    return null;
  } catch (error) {
    return error;
  } finally {
    if (result !== object && result !== getRunningLoop() && !args.includes(result)) release(result);
  }
}

describe.each(Object.entries(OBJECTS))('%s', (_, make) => {
  it('reports what was expected', () =>
    run(async () => {
      const loop = getRunningLoop();
      loop.setExceptionHandler(() => undefined);
      const problems: string[] = [];
      const names = methodsOf((await make())[0]).map(([name]) => name);
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) {
        const leading = Object.hasOwn(LEADING, name) ? LEADING[name]! : [];
        for (const [what, hostile] of HOSTILE) {
          const [object] = await make();
          const method = (object as Record<string, Method>)[name]!;
          for (let position = 0; position <= Math.max(leading.length, method.length, 1); position += 1) {
            const args = [...leading.slice(0, position)];
            while (args.length < position) args.push(undefined);
            args.push(hostile());
            const problem = problemOf(await call(object, method, args));
            if (problem !== null) problems.push(`${name}, argument ${position} is ${what}: ${problem}`);
          }
          if (object !== loop) release(object);
        }
        loop.setDebug(false);
        loop.setExceptionHandler(() => undefined);
      }
      expect(problems).toEqual([]);
    }));
});
