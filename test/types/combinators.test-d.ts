/** What TypeScript infers for the combinators. `npm run check:types` compiles this file; nothing runs it. */

import {
  type Coroutine,
  ExceptionGroup,
  type Future,
  type MovedOn,
  type Steps,
  type Task,
  type TaskGroup,
  type Timeout,
  type WaitResult,
  asCompleted,
  gather,
  moveOnAfter,
  shield,
  taskGroup,
  timeout,
  timeoutAt,
  wait,
  waitFor,
} from 'selectloop';

import { expectType } from './expect-type.js';

declare const text: Future<string>;
declare const half: (n: number) => Coroutine<number>;
declare const promise: Promise<boolean>;
declare const steps: Steps<Date>;
declare const numbers: Task<number>[];

export function* inGenerators(): Steps<void> {
  // gather: a tuple of the results; a list stays a list
  expectType<[number, string, boolean, Date]>()(yield* gather([half(1), text, promise, steps]));
  expectType<number[]>()(yield* gather(numbers));
  expectType<[number, [string, number]]>()(yield* gather([half(1), gather([text, half(2)])]));
  expectType<Future<[number, string]>>()(gather([half(1), text]));

  // wait: the very futures that went in
  expectType<WaitResult<Task<number>>>()(yield* wait(numbers));
  const { done, pending } = yield* wait(new Set([text]), { timeoutMs: 10, returnWhen: 'FIRST_EXCEPTION' });
  expectType<Set<Future<string>>>()(done);
  expectType<Set<Future<string>>>()(pending);

  expectType<number>()(yield* waitFor(half(1), 10));
  expectType<string>()(yield* waitFor(text, null));
  expectType<boolean>()(yield* waitFor(promise, 10));
  expectType<Date>()(yield* waitFor(steps, 10));

  expectType<Future<number>>()(shield(half(1)));
  expectType<boolean>()(yield* shield(promise));

  for (const next of asCompleted([half(1), half(2)])) expectType<number>()(yield* next);
  for (const next of asCompleted([half(1), text])) expectType<string | number>()(yield* next);

  // A scope returns what its body returns, whatever its flavour.
  expectType<string>()(
    yield* timeout(10, function* (scope) {
      expectType<Timeout>()(scope);
      expectType<number | null>()(scope.when());
      return yield* text;
    }),
  );
  expectType<string>()(yield* timeout(null, async () => await text));
  expectType<number>()(yield* timeout(10, () => half(1)));
  expectType<string>()(yield* timeoutAt(10, () => text));
  expectType<MovedOn<number>>()(yield* moveOnAfter(10, () => half(1)));
  const moved = yield* moveOnAfter(10, function* () {
    return yield* half(1);
  });
  expectType<boolean>()(moved.cancelled);
  expectType<number | undefined>()(moved.value);
  if (moved.cancelled) expectType<undefined>()(moved.value);
  else expectType<number>()(moved.value);
  expectType<[Task<number>, Task<string>]>()(
    yield* taskGroup(function* (group) {
      expectType<TaskGroup>()(group);
      const one = group.createTask(half(1), { name: 'one' });
      const two = group.createTask(async () => await text);
      yield;
      return [one, two] as [Task<number>, Task<string>];
    }),
  );
}

export async function inAsyncFunctions(): Promise<void> {
  expectType<[number, string, boolean]>()(await gather([half(1), text, promise]));
  expectType<WaitResult<Task<number>>>()(await wait(numbers, { returnWhen: 'FIRST_COMPLETED' }));
  expectType<number>()(await waitFor(half(1), 10));
  expectType<number>()(await shield(half(1)));
  for await (const future of asCompleted(numbers)) expectType<number>()(future.result());
  for (const next of asCompleted(numbers)) expectType<number>()(await next);
  expectType<string>()(await timeout(10, async () => await text));
  expectType<number>()(
    await timeout(10, function* () {
      return yield* half(1);
    }),
  );
  expectType<MovedOn<string>>()(await moveOnAfter(10, async () => await text));
  expectType<string>()(
    await taskGroup(async (group) => {
      expectType<TaskGroup>()(group);
      return await group.createTask(async () => await text);
    }),
  );
}

export async function wrongUsesInAsyncFunctions(): Promise<void> {
  // @ts-expect-error -- the future is done: ask for its result(); TypeScript would infer T for the awaited value
  for await (const future of asCompleted(numbers)) void future.then(() => 1);
}

export function groups(error: unknown): void {
  if (!(error instanceof ExceptionGroup)) return;
  expectType<ExceptionGroup | null>()(error.subgroup(RangeError));
  expectType<[ExceptionGroup | null, ExceptionGroup | null]>()(error.split([RangeError, TypeError]));
  expectType<ExceptionGroup | null>()(error.subgroup((each) => each instanceof Error && each.message === 'x'));
}

/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment -- these calls are wrong on purpose */
export function* wrongUses(): Steps<void> {
  // @ts-expect-error -- wait takes futures and tasks: a coroutine would be lost afterwards
  yield* wait([half(1)]);
  // @ts-expect-error -- and no promises
  yield* wait([promise]);
  // @ts-expect-error -- wait takes a list of them, although a future is iterable
  yield* wait(text);
  // @ts-expect-error -- asCompleted takes a list of them, although a future is iterable
  asCompleted(text);
  // @ts-expect-error -- asCompleted takes a list, not a coroutine
  asCompleted(half(1));
  // @ts-expect-error -- the list must contain awaitables
  asCompleted([half(1), 5]);
  // @ts-expect-error -- an unknown condition
  yield* wait([text], { returnWhen: 'ALL' });
  // @ts-expect-error -- durations are numbers
  yield* wait([text], { timeoutMs: '10' });
  // @ts-expect-error -- the limit is not optional: null is "no limit"
  yield* waitFor(text);
  // @ts-expect-error -- nothing to wait for
  yield* waitFor(5, 10);
  // @ts-expect-error -- the function is not the coroutine
  yield* waitFor(half, 10);
  // @ts-expect-error -- a body is a function, not what it returns
  yield* timeout(10, half(1));
  // @ts-expect-error -- and it returns an awaitable
  yield* timeout(10, () => 5);
  // @ts-expect-error -- the deadline comes first
  yield* timeout(() => half(1), 10);
  // @ts-expect-error -- a promise already runs outside the group: pass the function
  yield* taskGroup((group) => shield(group.createTask(promise)));
  // @ts-expect-error -- the error filter is an error class or a predicate
  new ExceptionGroup('x', [1]).split('RangeError');
}
