// procedure calls over a UNIX socket: one JSON object a line, many calls at a time on one connection
// An answer carries the number of its call, so that a slow call does not hold up the quick ones behind it.
// Watch the client: a call parks on a future, and a single task reads the answers and sets the futures that they belong to.

import { parseArgs } from 'node:util';

import {
  type Coroutine,
  Future,
  OSError,
  type Server,
  type Steps,
  type StreamReader,
  type StreamWriter,
  type Task,
  coroutine,
  createTask,
  openUnixConnection,
  sleep,
  startUnixServer,
} from 'selectloop';

import { program } from '../support/program.js';
import { serveUntilInterrupted, untilInterrupted } from './serving.js';

/** What can be called. */
export type Procedures = Readonly<Record<string, (...args: never[]) => Steps<unknown>>>;

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: never[];
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

export function startRpc(path: string, procedures: Procedures): Coroutine<Server> {
  function* serve(reader: StreamReader, writer: StreamWriter): Steps<void> {
    const calls = new Set<Task>();
    try {
      for (;;) {
        const line = yield* reader.readline();
        if (line.length === 0) break;
        const call = createTask(answer(JSON.parse(line.toString()) as Call, writer));
        calls.add(call);
        call.addDoneCallback(() => calls.delete(call));
        yield* writer.drain();
      }
    } catch (error) {
      if (!(error instanceof OSError || error instanceof SyntaxError)) throw error; // gone, or not speaking JSON
    } finally {
      for (const call of calls) call.cancel(); // nobody is left to read the answers
      writer.close();
    }
  }

  function* answer({ id, method, args }: Call, writer: StreamWriter): Steps<void> {
    let outcome: Answer;
    try {
      const procedure = Object.hasOwn(procedures, method) ? procedures[method] : undefined;
      if (procedure === undefined) throw new Error(`no procedure ${method}`);
      outcome = { id, result: yield* procedure(...args) };
    } catch (error) {
      outcome = { id, error: (error as Error).message };
    }
    writer.write(Buffer.from(`${JSON.stringify(outcome)}\n`));
  }

  return startUnixServer(serve, path);
}

/** Calls the procedures of a server. */
export class RpcClient {
  private readonly pending = new Map<number, Future>();
  private lastId = 0;

  private constructor(
    reader: StreamReader,
    private readonly writer: StreamWriter,
  ) {
    createTask(this.receive(reader));
  }

  /** Connects. Close it in the end. */
  static readonly connect = coroutine(function* (path: string): Steps<RpcClient> {
    const { reader, writer } = yield* openUnixConnection(path);
    return new RpcClient(reader, writer);
  });

  /** Calls, and waits for the answer. An Error with what the procedure threw, or when the connection ends before. */
  *call(method: string, ...args: unknown[]): Steps<unknown> {
    const id = (this.lastId += 1);
    const answer = new Future<unknown>();
    this.pending.set(id, answer);
    try {
      this.writer.write(Buffer.from(`${JSON.stringify({ id, method, args })}\n`));
      yield* this.writer.drain();
      return yield* answer;
    } finally {
      this.pending.delete(id);
    }
  }

  *close(): Steps<void> {
    this.writer.close();
    yield* this.writer.waitClosed();
  }

  private *receive(reader: StreamReader): Steps<void> {
    for (;;) {
      const line = yield* reader.readline();
      if (line.length === 0) break;
      const { id, result, error } = JSON.parse(line.toString()) as Answer;
      const future = this.pending.get(id);
      if (future === undefined || future.done()) continue; // whoever called waits no more
      if (error === undefined) future.setResult(result);
      else future.setException(new Error(error));
    }
    for (const future of this.pending.values()) if (!future.done()) future.setException(new Error('connection closed'));
  }
}

/** What the server of this program can do. */
export const arithmetic: Procedures = {
  *add(a: number, b: number) {
    return a + b;
  },
  *slowly(value: unknown, delayMs: number) {
    yield* sleep(delayMs);
    return value;
  },
};

await program(import.meta, async (args) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { path: { type: 'string', default: '/tmp/selectloop-rpc' } },
  });
  const [method, ...given] = positionals;
  if (method === undefined) {
    await serveUntilInterrupted('rpc', () => startRpc(values.path, arithmetic));
    return;
  }
  await untilInterrupted(function* () {
    const client = yield* RpcClient.connect(values.path);
    console.log(yield* client.call(method, ...given.map((text) => JSON.parse(text) as unknown)));
    yield* client.close();
  });
});
