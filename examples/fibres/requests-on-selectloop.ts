// The same on the library: a coroutine always yields a Future, and the code that can answer the request sets its result.
// Watch: the output is that of requests.ts. Requests pass from magicSleep through async1, async2 and async3, and answers back.
// One kind of request is enough. This is why a library's tasks need to know futures, but not sockets or clocks.

import { Future, type Steps, getRunningLoop, run } from 'selectloop';

import { program } from '../support/program.js';

/** A name that was never written. */
class UnknownName extends Error {
  override readonly name = 'UnknownName';
}

const memory = new Map([
  ['a', 4],
  ['b', 6],
]);

/** Makes a request: a future that `answer` completes in the next iteration of the loop. */
function* request<T>(answer: (future: Future<T>) => void): Steps<T> {
  const future = new Future<T>();
  getRunningLoop().callSoon(answer, future);
  return yield* future;
}

function read(name: string): Steps<number> {
  return request((future) => {
    const value = memory.get(name);
    if (value === undefined) {
      future.setException(new UnknownName(`there is no ${name}`)); // thrown where the future is awaited
    } else {
      console.log(`  scheduler: ${name} is ${value}`);
      future.setResult(value);
    }
  });
}

function write(name: string, value: number): Steps<void> {
  return request((future) => {
    console.log(`  scheduler: ${name} = ${value}`);
    memory.set(name, value);
    future.setResult(undefined);
  });
}

function magicSleep(seconds: number): Steps<number> {
  return request((future) => {
    console.log(`  scheduler: sleeps ${seconds} s (simulated)`);
    future.setResult(seconds);
  });
}

function* async1(): Steps<number> {
  console.log('async1 sleeps');
  return yield* magicSleep(3);
}

function* async2(): Steps<number> {
  console.log('async2 calls async1');
  return yield* async1();
}

function* async3(): Steps<number> {
  console.log('async3 calls async2');
  return yield* async2();
}

export function* main(): Steps<number> {
  const total = (yield* read('a')) + (yield* read('b'));
  yield* write('sum', total);
  try {
    yield* read('nonsense');
  } catch (error) {
    console.log(`sum caught: ${String(error)}`);
  }
  const result = (yield* async3()) + (yield* read('sum'));
  console.log(`result: ${result}`);
  return result;
}

await program(import.meta, () => run(main));
