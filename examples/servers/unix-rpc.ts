// Remote procedure calls over a UNIX socket: one JSON object per line, many calls in flight on one connection.
// Each response carries the ID of its call, so that a slow call does not delay the fast ones behind it.
// Watch the client: each call parks on a future; a single task reads the responses and completes the futures.

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
  isCancelled,
  openUnixConnection,
  sleep,
  startUnixServer,
  timeout,
  wait,
} from 'selectloop';

import { program } from '../support/program.js';
import { MAX_CLIENTS, serveUntilInterrupted, untilInterrupted } from './serving.js';

/** How many calls of one client may run at the same time. The server reads no further ones meanwhile. */
const MOST_CALLS = 100;
/** How long a call may take. */
const CALL_MS = 10_000;

/** The procedures of a server, by name. */
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
        const call = createTask(answer(callOf(line), writer));
        calls.add(call);
        call.addDoneCallback(() => calls.delete(call));
        yield* writer.drain();
        if (calls.size >= MOST_CALLS) yield* wait([...calls], { returnWhen: 'FIRST_COMPLETED' });
      }
    } catch (error) {
      // The client has disconnected, or sent something that is no call, or a line that is too long.
      if (!(error instanceof OSError || error instanceof SyntaxError || error instanceof RangeError)) throw error;
    } finally {
      for (const call of calls) call.cancel();
      writer.close();
    }
  }

  function* answer({ id, method, args }: Call, writer: StreamWriter): Steps<void> {
    let outcome: Answer;
    try {
      const procedure = Object.hasOwn(procedures, method) ? procedures[method] : undefined;
      if (procedure === undefined) throw new Error(`no such procedure: '${method}'`);
      outcome = { id, result: yield* timeout(CALL_MS, () => procedure(...args)) };
    } catch (error) {
      if (isCancelled(error)) throw error; // the client can no longer receive the response
      outcome = { id, error: (error as Error).message };
    }
    if (!writer.isClosing()) writer.write(Buffer.from(`${JSON.stringify(outcome)}\n`));
  }

  const onlyThisUser = path.startsWith('\0') ? {} : { mode: 0o600 }; // an abstract name has no file, and so no permissions
  return startUnixServer(serve, path, { ...onlyThisUser, maxConnections: MAX_CLIENTS });
}

function callOf(line: Buffer): Call {
  const call: unknown = JSON.parse(line.toString());
  const { args } = (call ?? {}) as Partial<Call>;
  if (!Array.isArray(args)) throw new SyntaxError('expected a call, an object with args');
  return call as Call;
}

/** A client that calls the procedures of a server. */
export class RpcClient {
  private readonly pending = new Map<number, Future>();
  private lastId = 0;

  private constructor(
    reader: StreamReader,
    private readonly writer: StreamWriter,
  ) {
    createTask(this.receive(reader));
  }

  /** Connects to a server. The caller must close the client. */
  static readonly connect = coroutine(function* (path: string): Steps<RpcClient> {
    const { reader, writer } = yield* openUnixConnection(path);
    return new RpcClient(reader, writer);
  });

  /** Calls a procedure and waits for its result. Throws an Error if the procedure throws, or if the connection closes first. */
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
      if (future === undefined || future.done()) continue; // the call was cancelled
      if (error === undefined) future.setResult(result);
      else future.setException(new Error(error));
    }
    for (const future of this.pending.values()) if (!future.done()) future.setException(new Error('connection closed'));
  }
}

/** The procedures of the server in this program. */
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
