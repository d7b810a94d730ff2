/** Helpers for tests of the loop. */

import {
  EventLoop,
  type EventLoopOptions,
  type ExceptionContext,
  type Instrument,
  type SelectorName,
  type TimedHandle,
  fatal,
} from 'selectloop';
import { VirtualClock } from 'selectloop/testing';

/** Every kernel selector, for `describe.each`. */
export const selectorNames: readonly SelectorName[] = ['select', 'poll', 'epoll'];

/** A loop on real descriptors that closes itself at the end of the block. */
export function openLoop(options?: EventLoopOptions): EventLoop & Disposable {
  const loop = new EventLoop(options);
  return Object.assign(loop, { [Symbol.dispose]: () => loop.close() });
}

/**
 * Collects the contexts passed to a loop's exception handler, instead of writing them to stderr. In debug mode, callbacks that a busy machine
 * has made slow are not among them: only a virtual clock measures the callbacks themselves.
 */
export function collectErrors(loop: EventLoop): ExceptionContext[] {
  const contexts: ExceptionContext[] = [];
  if (!(loop._clock instanceof VirtualClock)) loop.slowCallbackMs = Infinity;
  loop.setExceptionHandler((_, context) => {
    contexts.push(context);
  });
  return contexts;
}

/** Iterates without waiting until nothing is ready. */
export function runUntilQuiet(loop: EventLoop): void {
  while (loop.statistics().ready > 0) loop.runOnce(0);
}

/**
 * A distant timer, for a wait that something else has to end. A blocking loop that is never woken would also stop the test runner,
 * and its time limit; this fails after ten seconds.
 */
export function longWait(loop: EventLoop): TimedHandle {
  return loop.callLater(10_000, () => {
    throw Object.assign(new Error('nothing has woken the loop'), { [fatal]: true });
  });
}

/** An instrument that logs every call as `hook(argument)`. */
export function recordingInstrument(log: string[], prefix = ''): Required<Instrument> {
  const note =
    (hook: string) =>
    (argument: unknown): void => {
      log.push(`${prefix}${hook}(${String(argument)})`);
    };
  return {
    attached: () => log.push(`${prefix}attached`),
    detached: () => log.push(`${prefix}detached`),
    iterationStart: note('iterationStart'),
    beforeSelect: note('beforeSelect'),
    descriptorReady: ({ fd }, events) => log.push(`${prefix}descriptorReady(${fd}, ${events})`),
    afterSelect: note('afterSelect'),
    handlesReady: ({ length }) => log.push(`${prefix}handlesReady(${length})`),
    handleStart: note('handleStart'),
    handleSkipped: note('handleSkipped'),
    handleFailed: (_, error) => log.push(`${prefix}handleFailed(${String(error)})`),
    handleEnd: note('handleEnd'),
    iterationEnd: note('iterationEnd'),
    outsideStart: () => log.push(`${prefix}outsideStart`),
    outsideEnd: () => log.push(`${prefix}outsideEnd`),
    enqueued: note('enqueued'),
    timerScheduled: note('timerScheduled'),
    timerFired: note('timerFired'),
    timerCancelled: note('timerCancelled'),
    timerDropped: note('timerDropped'),
    timersCompacted: note('timersCompacted'),
    descriptorChanged: ({ fd, registered, reader, writer }) =>
      log.push(`${prefix}descriptorChanged(${fd}, ${registered}, ${String(reader)}, ${String(writer)})`),
    taskCreated: note('taskCreated'),
    taskRenamed: note('taskRenamed'),
    taskStep: note('taskStep'),
    taskWaits: (_, future) => log.push(`${prefix}taskWaits(${String(future)})`),
    taskCancelRequested: note('taskCancelRequested'),
    taskDone: (_, outcome, error) => log.push(`${prefix}taskDone(${outcome}, ${String(error)})`),
  };
}
