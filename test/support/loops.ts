/** Small things that many tests of the loop need. */

import {
  EventLoop,
  type EventLoopOptions,
  type ExceptionContext,
  type Instrument,
  type SelectorName,
} from 'selectloop';

/** Every kernel selector, for `describe.each`. */
export const selectorNames: readonly SelectorName[] = ['select', 'poll', 'epoll'];

/** A loop on real descriptors that closes itself at the end of the block. */
export function openLoop(options?: EventLoopOptions): EventLoop & Disposable {
  const loop = new EventLoop(options);
  return Object.assign(loop, { [Symbol.dispose]: () => loop.close() });
}

/** Collects what reaches the exception handler of a loop, instead of stderr. */
export function collectErrors(loop: EventLoop): ExceptionContext[] {
  const contexts: ExceptionContext[] = [];
  loop.setExceptionHandler((_, context) => {
    contexts.push(context);
  });
  return contexts;
}

/** Runs one callback after the other, in order, one iteration for each `runOnce`: 'how many until it is quiet'. */
export function runUntilQuiet(loop: EventLoop): number {
  let iterations = 0;
  while (loop.statistics().ready > 0) {
    loop.runOnce(0);
    iterations += 1;
  }
  return iterations;
}

/** An instrument that writes down every call, as `hook(argument)`. */
export function recordingInstrument(log: string[], prefix = ''): Required<Instrument> {
  const note =
    (hook: string) =>
    (argument: unknown): void => {
      log.push(`${prefix}${hook}(${String(argument)})`);
    };
  return {
    iterationStart: note('iterationStart'),
    beforeSelect: note('beforeSelect'),
    afterSelect: note('afterSelect'),
    handleStart: note('handleStart'),
    handleEnd: note('handleEnd'),
    timerScheduled: note('timerScheduled'),
    taskCreated: note('taskCreated'),
    taskStep: note('taskStep'),
    taskDone: note('taskDone'),
  };
}
