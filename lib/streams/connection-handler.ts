/** Runs the program's handler for each connection of a server: a task that gets the reader and the writer. */

import { ExceptionGroup } from '../combinators/index.js';
import { isInstance, wrongType } from '../errors/index.js';
import { isAsyncFunction, isGeneratorFunction } from '../loop/callback.js';
import type { LoopCore } from '../loop/loop-core.js';
import { checkSettles } from '../tasks/needs-host.js';
import { type Coroutine, type Steps, type TaskSource, createTaskOn, isAwaitable } from '../tasks/index.js';
import type { Handlers } from '../servers/handlers.js';
import { outermost } from '../transports/layers.js';
import type { StreamReader } from './stream-reader.js';
import type { StreamWriter } from './stream-writer.js';

/** Serves one connection. A generator function, an async function, or a plain function that starts other work. */
export type ConnectionHandler = (
  reader: StreamReader,
  writer: StreamWriter,
) => Steps<unknown> | Coroutine<unknown> | PromiseLike<unknown> | void;

/** Throws a TypeError unless `handler` is a function. */
export function checkHandler(method: string, handler: unknown): asserts handler is ConnectionHandler {
  if (typeof handler !== 'function')
    throw wrongType(`${method}: handler`, 'a function of a reader and a writer', handler);
}

/** Throws a LoopError ERR_NEEDS_HOST for an async function in a blocking loop, where it would never resume from its first `await`. */
export function checkHandlerRuns(loop: LoopCore, method: string, handler: ConnectionHandler): void {
  if (isAsyncFunction(handler)) checkSettles(loop, `${method}: handler, an async function,`);
}

/**
 * Runs the handler, as a task. Its first step runs immediately: most handlers begin with a read, which then already waits for data.
 *
 * @param handlers those of the server that are running
 */
export function startHandler(
  loop: LoopCore,
  handler: ConnectionHandler,
  handlers: Handlers,
  reader: StreamReader,
  writer: StreamWriter,
): void {
  const { transport } = writer;
  const source = isGeneratorFunction(handler)
    ? (handler(reader, writer) as Steps<unknown>)
    : (): Steps<unknown> => {
        const outcome = handler(reader, writer);
        return (isAwaitable(outcome) ? outcome : nothing()) as Steps<unknown>;
      };
  const task = createTaskOn(loop, source as TaskSource<unknown>, { eagerStart: true });
  handlers.add(task);
  task.addDoneCallback(() => {
    handlers.remove(task);
    if (!task.cancelled()) {
      const exception = task.exception();
      if (exception === null) return;
      if (!handlers.isStop(exception) && !isDisconnect(exception, writer))
        loop.callExceptionHandler({ message: 'Unhandled exception in connection handler', exception, transport });
    }
    outermost(transport).close();
  });
}

/**
 * Returns true for the error that ended the connection of `writer`. A disconnect is normal, so a handler that ends with it has not failed; in
 * debug mode the connection itself reports the error. A handler that reads and writes in a task group has it in an ExceptionGroup.
 */
function isDisconnect(error: unknown, writer: StreamWriter): boolean {
  const found = new Set([error]); // the loop also visits what it adds, and a group that contains itself only once
  for (const each of found) {
    if (writer._endedWith(each)) continue;
    if (!isInstance(each, ExceptionGroup)) return false;
    for (const part of each.errors) found.add(part);
  }
  return true;
}

/** The steps of a plain function, which has nothing left to do after the call. */
function* nothing(): Steps<void> {}
