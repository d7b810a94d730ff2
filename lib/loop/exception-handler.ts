/** The exception handler: receives the errors that no caller can receive. */

import { describeValue, isFatal, textOf, wrongType } from '../errors/index.js';
import { inspect } from '../platform/describe.js';

/** The facts about an error that reached the loop. There may be further keys. */
export interface ExceptionContext {
  /** Describes what happened. */
  message: string;
  /** What was thrown. */
  exception?: unknown;
  /** The callback, task, future or other object that the error came from. */
  handle?: unknown;
  future?: unknown;
  task?: unknown;
  socket?: unknown;
  transport?: unknown;
  protocol?: unknown;
  /** The stack where the handle or future was created; only in debug mode. */
  source?: string | null;
  /** The context that the custom handler received when it threw `exception` itself. */
  context?: ExceptionContext;
}

/**
 * Receives the errors of a loop instead of the default report on stderr. (Declared as the type of a method because TypeScript compares
 * the parameters of methods bivariantly: an EventLoop with a handler for EventLoops is then still a LoopCore.)
 */
export type ExceptionHandler<L> = { handle(loop: L, context: ExceptionContext): void }['handle'];

function logError(text: string, exception: unknown): void {
  const lines = [`selectloop: ${text}`];
  if (exception !== undefined) lines.push(inspect(exception)); // with its cause and its codes
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** Returns the text of an object of a report; for one without a text, such as a protocol of the program, the name of its class. */
function objectText(value: unknown): string {
  const text = textOf(value);
  return text === '[object Object]' ? describeValue(value) : text;
}

/** Writes a context to stderr: the message, the objects concerned, the error with its stack. */
export function reportToStderr(context: ExceptionContext): void {
  const { message, exception, source, context: inner, ...objects } = context;
  const details = Object.entries(objects).map(([key, value]) => `${key}: ${objectText(value)}`);
  if (inner !== undefined) details.push(`context: ${inner.message}: ${inspect(inner.exception)}`);
  if (source !== undefined && source !== null) details.push(`created at:\n${source}`);
  logError([message, ...details].join('\n  '), exception);
}

/** Throws a TypeError unless `handler` is a function or null. */
export function checkExceptionHandler(handler: unknown): void {
  if (handler !== null && typeof handler !== 'function') {
    throw wrongType('setExceptionHandler', 'a function or null', handler);
  }
}

/**
 * Calls the custom handler, or the default one if there is none, and uses stderr as the last resort. An error in a handler cannot end the
 * loop, unless it is marked fatal.
 */
export function dispatchException<L>(
  loop: L,
  context: ExceptionContext,
  custom: ExceptionHandler<L> | null,
  fallback: (context: ExceptionContext) => void,
): void {
  const guard = (action: () => void, onError: (error: unknown) => void): void => {
    try {
      action();
    } catch (error) {
      if (isFatal(error)) throw error;
      onError(error);
    }
  };
  if (custom === null) {
    guard(
      () => fallback(context),
      (error) => logError('Exception in default exception handler', error),
    );
    return;
  }
  guard(
    () => custom(loop, context),
    (exception) => {
      guard(
        () => fallback({ message: 'Unhandled error in exception handler', exception, context }),
        (error) =>
          logError(
            'Exception in default exception handler while handling an unexpected error in custom exception handler',
            error,
          ),
      );
    },
  );
}
