/** The program's side of a server's connection: a handler that is given the streams, and runs as a task. */

import { wrongType } from '../errors/index.js';
import { isAsyncFunction, isGeneratorFunction } from '../loop/callback.js';
import type { LoopCore } from '../loop/loop-core.js';
import { checkSettles } from '../tasks/needs-host.js';
import { type Coroutine, type Steps, type TaskSource, createTaskOn, isAwaitable } from '../tasks/index.js';
import type { Transport } from '../transports/contract.js';
import { outermost } from '../transports/layers.js';
import { StreamReaderProtocol } from './stream-reader-protocol.js';
import { StreamReader, type StreamReaderOptions } from './stream-reader.js';
import { StreamWriter } from './stream-writer.js';

/** Serves one connection. A generator function, an async function, or a plain function that starts something. */
export type ConnectionHandler = (
  reader: StreamReader,
  writer: StreamWriter,
) => Steps<unknown> | Coroutine<unknown> | PromiseLike<unknown> | void;

/** Throws a TypeError unless it is a function. */
export function checkHandler(method: string, handler: unknown): asserts handler is ConnectionHandler {
  if (typeof handler !== 'function')
    throw wrongType(`${method}: handler`, 'a function of a reader and a writer', handler);
}

/** LoopError ERR_NEEDS_HOST for an async function in a blocking loop: it would not get past its first `await`. */
export function checkHandlerRuns(loop: LoopCore, method: string, handler: ConnectionHandler): void {
  if (isAsyncFunction(handler)) checkSettles(loop, `${method}: handler, an async function,`);
}

/** Starts the handler when the connection is there. */
export class HandledConnection extends StreamReaderProtocol {
  override readonly _isServerSide = true;
  private reader: StreamReader | null;

  constructor(
    private readonly loop: LoopCore,
    private readonly handler: ConnectionHandler,
    options: StreamReaderOptions,
  ) {
    const reader = new StreamReader(options);
    super(reader);
    this.reader = reader;
  }

  override connectionMade(transport: Transport): void {
    super.connectionMade(transport);
    const reader = this.reader!;
    this.reader = null; // from now on the streams are the program's, to keep or to drop
    this.start(reader, new StreamWriter(transport, this, reader));
  }

  /** Its first step is taken at once: most handlers begin by reading, and can wait for the data just as well. */
  private start(reader: StreamReader, writer: StreamWriter): void {
    const { loop, handler } = this;
    const { transport } = writer;
    const source = isGeneratorFunction(handler)
      ? (handler(reader, writer) as Steps<unknown>)
      : (): Steps<unknown> => {
          const outcome = handler(reader, writer);
          return (isAwaitable(outcome) ? outcome : nothing()) as Steps<unknown>;
        };
    const task = createTaskOn(loop, source as TaskSource<unknown>, { eagerStart: true });
    task.addDoneCallback(() => {
      if (!task.cancelled()) {
        const exception = task.exception();
        if (exception === null) return;
        loop.callExceptionHandler({ message: 'Unhandled exception in connection handler', exception, transport });
      }
      outermost(transport).close();
    });
  }
}

/** The steps of a handler that has done all it had to when it was called. */
function* nothing(): Steps<void> {}
