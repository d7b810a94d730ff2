/** What TypeScript infers for futures, contexts and task factories. `npm run check:types` compiles this file; nothing runs it. */

import {
  type Context,
  ContextVar,
  Coroutine,
  type EventLoop,
  Future,
  type FutureCallGraph,
  type Steps,
  type Task,
  type TaskFactory,
  type Token,
  callGraph,
  copyContext,
  coroutine,
  createTask,
  defaultTaskFactory,
  eagerTaskFactory,
  formatCallGraph,
  getRunningLoop,
  sleep,
} from 'selectloop';

/** Compiles only if the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<Expected>() {
  return <Actual>(_value: Actual, ..._same: Same<Actual, Expected> extends true ? [] : [never]): void => {};
}

const user = new ContextVar<string>('user');
const depth = new ContextVar('depth', { default: 0 });

export function variables(context: Context): void {
  expectType<string>()(user.get());
  expectType<string | null>()(user.get(null));
  expectType<ContextVar<number>>()(depth);
  expectType<Token<number>>()(depth.set(1));
  expectType<string | undefined>()(user.set('me').oldValue);
  expectType<string | undefined>()(context.get(user));
  expectType<boolean>()(context.has(depth));
  expectType<Context>()(copyContext());
  expectType<number>()(context.run((a: number, b: string) => a + b.length, 1, 'two'));
  using _token = user.set('for this block');

  // @ts-expect-error -- a variable of strings
  user.set(5);
  // @ts-expect-error -- the token of a variable of numbers
  user.reset(depth.set(1));
  // @ts-expect-error -- a variable has a name
  new ContextVar<string>();
  // @ts-expect-error -- the arguments of the function
  context.run((a: number) => a, 'one');
}

export function* futures(loop: EventLoop): Steps<void> {
  const future = new Future<number>();
  expectType<number>()(yield* future);
  expectType<number>()(future.result());
  expectType<unknown>()(future.exception());
  expectType<Future<string>>()(loop.createFuture<string>());
  future.addDoneCallback((done) => expectType<number>()(done.result()), { context: copyContext() });
  expectType<number>()(future.removeDoneCallback(() => undefined));

  // @ts-expect-error -- a future of numbers
  future.setResult('text');
  // @ts-expect-error -- a callback gets the future
  future.addDoneCallback((text: string) => text);
  // @ts-expect-error -- a context is made by copyContext() or new Context()
  future.addDoneCallback(() => undefined, { context: 'mine' });
  // @ts-expect-error -- a future of numbers is not a future of strings
  const _strings: Future<string> = future;
}

export function* tasks(loop: EventLoop): Steps<void> {
  const length = coroutine(function* (text: string): Steps<number> {
    yield* sleep(1);
    return text.length;
  });
  const task = createTask(length('text'), { name: 'n', eagerStart: true, context: copyContext() });
  expectType<Task<number>>()(task);
  expectType<number>()(yield* task);
  expectType<Task<Date>>()(loop.createTask(async () => new Date()));
  expectType<string[]>()(task.getStack());
  expectType<number>()(task.uncancel());
  expectType<Coroutine<number>>()(length('text'));
  expectType<FutureCallGraph>()(callGraph(task));
  expectType<string>()(formatCallGraph());

  // @ts-expect-error -- a task runs a coroutine or a function, not a number
  createTask(5);
  // @ts-expect-error -- a plain function that returns nothing to await
  createTask(() => 5);
  // @ts-expect-error -- options have fixed names
  createTask(length('text'), { eager: true });
  // @ts-expect-error -- the argument is a string
  createTask(length(4));
  // @ts-expect-error -- a coroutine is made by coroutine()
  createTask(new Coroutine());
  // @ts-expect-error -- a task's result comes from its coroutine: setResult returns nothing
  const _result: number = task.setResult;
}

export function factories(loop: EventLoop): void {
  loop.setTaskFactory(eagerTaskFactory);
  loop.setTaskFactory(defaultTaskFactory);
  loop.setTaskFactory(null);
  loop.setTaskFactory((onLoop, source, options) => {
    expectType<EventLoop>()(onLoop);
    expectType<string | undefined>()(options.name);
    return defaultTaskFactory(onLoop, source, { ...options, name: 'mine' });
  });
  expectType<TaskFactory<EventLoop> | null>()(getRunningLoop().getTaskFactory());

  // @ts-expect-error -- a factory returns a task or a future
  loop.setTaskFactory(() => 5);
  // @ts-expect-error -- a factory is a function
  loop.setTaskFactory('eager');
}
