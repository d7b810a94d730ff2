// A coroutine yields a request, an object, and a scheduler answers it with next(): the idea of this folder in ten lines.
// Watch the requests of async1 reach the scheduler through async2 and async3, and the answers return the same way.
// There is no clock, socket or loop here: the coroutine makes requests, and its driver decides what they mean.

import { program } from '../support/program.js';

class ReadRequest {
  constructor(readonly name: string) {}
}

class WriteRequest {
  constructor(
    readonly name: string,
    readonly value: number,
  ) {}
}

class SleepRequest {
  constructor(readonly seconds: number) {}
}

type Request = ReadRequest | WriteRequest | SleepRequest;

/** A coroutine that yields requests, returns T, and receives numbers as answers. */
type Steps<T> = Generator<Request, T, number>;

/** The scheduler: answers requests until the coroutine returns. */
function answerAll<T>(coroutine: Steps<T>, memory: Map<string, number>): T {
  let step = coroutine.next();
  while (!step.done) {
    const request = step.value;
    try {
      step = coroutine.next(answer(request, memory));
    } catch (error) {
      if (!(error instanceof UnknownName)) throw error;
      step = coroutine.throw(error); // into the coroutine, at the yield that made the request
    }
  }
  return step.value;
}

/** A name that was never written. */
export class UnknownName extends Error {
  override readonly name = 'UnknownName';
}

function answer(request: Request, memory: Map<string, number>): number {
  if (request instanceof SleepRequest) {
    console.log(`  scheduler: sleeps ${request.seconds} s (simulated)`);
    return request.seconds;
  }
  if (request instanceof WriteRequest) {
    console.log(`  scheduler: ${request.name} = ${request.value}`);
    memory.set(request.name, request.value);
    return request.value;
  }
  const value = memory.get(request.name);
  if (value === undefined) throw new UnknownName(`there is no ${request.name}`);
  console.log(`  scheduler: ${request.name} is ${value}`);
  return value;
}

function* read(name: string): Steps<number> {
  return yield new ReadRequest(name);
}

function* write(name: string, value: number): Steps<void> {
  yield new WriteRequest(name, value);
}

function* magicSleep(seconds: number): Steps<number> {
  return yield new SleepRequest(seconds);
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

function* sum(): Steps<number> {
  const total = (yield* read('a')) + (yield* read('b'));
  yield* write('sum', total);
  try {
    yield* read('nonsense');
  } catch (error) {
    console.log(`sum caught: ${String(error)}`);
  }
  return (yield* async3()) + (yield* read('sum'));
}

export function main(): number {
  const memory = new Map([
    ['a', 4],
    ['b', 6],
  ]);
  const result = answerAll(sum(), memory);
  console.log(`result: ${result}`);
  return result;
}

await program(import.meta, main);
