/** What TypeScript infers for tasks. `npm run check:types` compiles this file; nothing runs it. */

import {
  type Coroutine,
  type Future,
  type Steps,
  type Task,
  coroutine,
  createTask,
  ensureFuture,
  gather,
  getRunningLoop,
  isCoroutine,
  isFuture,
  run,
  runSync,
  sleep,
  sockRecv,
  type Socket,
} from 'selectloop';

import { expectType } from './expect-type.js';

declare const text: Future<string>;
declare const socket: Socket;

const half = coroutine(function* (n: number): Steps<number> {
  yield* sleep(1);
  return n / 2;
});
expectType<(n: number) => Coroutine<number>>()((n: number) => half(n));

export function* inGenerators(): Steps<void> {
  expectType<number>()(yield* half(3));
  expectType<string>()(yield* text);
  expectType<Buffer>()(yield* sockRecv(socket, 10));
  expectType<void>()(yield* sleep(1));
  expectType<boolean>()(yield* sleep(1, true as boolean));

  expectType<[number, string]>()(yield* gather([half(1), text]));
  expectType<number[]>()(yield* gather([1, 2, 3].map((n) => half(n))));
  expectType<[]>()(yield* gather([]));
  const promise = Promise.resolve(true as boolean);
  expectType<[boolean, Date]>()(yield* gather([promise, createTask(async () => new Date())]));

  const child = createTask(half(1));
  expectType<Task<number>>()(child);
  expectType<number>()(yield* child);
  expectType<Task<string>>()(
    createTask(function* (): Steps<string> {
      return yield* text;
    }),
  );
  expectType<Future<boolean>>()(ensureFuture(promise));
  expectType<Future<string>>()(getRunningLoop().createFuture<string>());

  // A task is a future of what it returns; a future of strings is a future of anything.
  const asFuture: Future<number> = child;
  const asUnknown: Future = text;
  asFuture.cancel();
  asUnknown.cancel();
}

export async function inAsyncFunctions(): Promise<void> {
  expectType<number>()(await half(3));
  expectType<string>()(await text);
  expectType<[number, string]>()(await gather([half(1), text]));
  expectType<string | number>()(await text.then((value) => value.length as string | number));
  expectType<string | null>()(await text.then(undefined, () => null));
  expectType<number>()(await run(() => half(1)));
  expectType<number>()(await run(async () => 1));
}

export function outside(value: unknown): void {
  expectType<number>()(runSync(half(1)));
  expectType<string>()(
    runSync(function* () {
      return yield* text;
    }),
  );
  if (isFuture(value)) expectType<Future>()(value);
  if (isCoroutine(value)) expectType<Coroutine<unknown> | Steps<unknown>>()(value);
}

export function* wrongUses(): Steps<void> {
  // @ts-expect-error -- yield* of a promise: promises are for await, or ensureFuture
  yield* Promise.resolve(1);
  // @ts-expect-error -- a number cannot be awaited
  yield 5;
  // @ts-expect-error -- a coroutine is not a future: yield* it
  yield half(1);
  // @ts-expect-error -- a plain function is not a coroutine
  coroutine(() => 5);
  // @ts-expect-error -- an async function is not one either
  coroutine(async () => 5);
  // @ts-expect-error -- gather takes a list
  void gather(half(1), text);
  // @ts-expect-error -- of awaitables
  void gather([half(1), 5]);
  // @ts-expect-error -- the argument is a number
  void half('3');
  // @ts-expect-error -- a promise is running already: pass the function
  createTask(Promise.resolve(1));
  // @ts-expect-error -- the same for run
  void run(Promise.resolve(1));
  // @ts-expect-error -- a delay is a number of milliseconds
  yield* sleep('1');
  // @ts-expect-error -- a future of strings gets a string
  text.setResult(5);
}
