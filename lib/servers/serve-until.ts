/**
 * Serving until a signal, and stopping in order:
 *
 * 1. the server stops listening, and its handlers continue;
 * 2. after the grace, or a second signal, the handlers are cancelled, and can still send;
 * 3. when they have ended, or a second later, the connections are closed;
 * 4. a second after that, the connections that are left are aborted.
 */

import { wait } from '../combinators/index.js';
import { outOfRange, ownOptions, wrongType, checkNames, optionNames } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Signal, checkCatchable, dieOf, signalHandlersOf, signalName, signalNumber } from '../signals/index.js';
import { announceReady, announceStopping } from '../systemd/announce.js';
import { Coroutine, Future, type Steps, createTaskOn } from '../tasks/index.js';
import { checkFlag } from '../transports/arguments.js';

/** Half of what `docker stop` waits before it kills. */
const DEFAULT_GRACE_MS = 5000;
/** The time that cancelled handlers have for their clean-up, and closing connections for what they have to send: each a second. */
const CLOSE_MS = 1000;
/** The time in which aborted connections end. It takes a few iterations. */
const ABORT_MS = 100;

/** Options of `Server.serveUntil`. */
export interface ServeUntilOptions {
  /** The time in milliseconds in which handlers may finish after the signal; Infinity for no limit. Default: 5000. */
  graceMs?: number;
  /**
   * Whether the process is to end by the signal, as Unix programs do, when it exits after this: a shell reports 128 + N, which is 143 for
   * SIGTERM and 130 for SIGINT. An exit code that the program sets takes precedence: `process.exitCode = 0`. Default: true.
   */
  exitBySignal?: boolean;
}

const OPTIONS = optionNames<ServeUntilOptions>({ graceMs: true, exitBySignal: true });

/** What stops in order: a server. */
interface Stoppable {
  /** Starts listening, or throws if it is closed. */
  _start(): void;
  /** Calls `onClose` when it stops listening. */
  _whenClosed(onClose: () => void): void;
  /** Stops listening, and lets connections end. */
  _drain(): void;
  /** Cancels the handlers. */
  _cancelHandlers(): void;
  /** Waits until the handlers have ended. */
  _handlersEnded(): Steps<void>;
  /** Waits until it is closed, and its connections and handlers have ended. */
  _ended(): Steps<void>;
  close(): void;
  closeClients(): void;
  abortClients(): void;
}

/** Does what `Server.serveUntil` promises. */
export function serveUntil(
  server: Stoppable,
  loop: LoopCore,
  signals: Signal | readonly Signal[],
  given: ServeUntilOptions,
): Coroutine<NodeJS.Signals | null> {
  const numbers = signalNumbersOf('serveUntil', signals);
  const options = ownOptions('serveUntil: options', checkNames('serveUntil: options', given, OPTIONS));
  const graceMs = checkGrace('serveUntil: graceMs', options.graceMs ?? DEFAULT_GRACE_MS);
  checkFlag('serveUntil: exitBySignal', options.exitBySignal);
  return new Coroutine(serveSteps(server, loop, numbers, graceMs, options.exitBySignal ?? true), 'Server.serveUntil');
}

/** Checks a grace, and returns it; null for no limit. */
export function checkGrace(name: string, value: unknown): number | null {
  const expected = 'a number of milliseconds >= 0, or Infinity';
  if (typeof value !== 'number') throw wrongType(name, expected, value);
  if (!(value >= 0)) throw outOfRange(name, expected, value);
  return value === Infinity ? null : value;
}

/** Checks one signal or several, and returns their numbers. */
export function signalNumbersOf(method: string, signals: unknown): number[] {
  const list: readonly unknown[] = Array.isArray(signals) ? signals : [signals];
  for (const signal of list)
    if (typeof signal !== 'string' && typeof signal !== 'number')
      throw wrongType(`${method}: signals`, "signals such as ['SIGINT', 'SIGTERM']", signal);
  return list.map((signal) => {
    const number = signalNumber(signal);
    checkCatchable(number);
    return number;
  });
}

function* serveSteps(
  server: Stoppable,
  loop: LoopCore,
  signals: readonly number[],
  graceMs: number | null,
  exitBySignal: boolean,
): Steps<NodeJS.Signals | null> {
  const request = new StopRequest(loop, signals);
  let ready: Disposable | null = null;
  try {
    server._start();
    server._whenClosed(() => request.stop(null));
    ready = announceReady(loop);
    const signal = yield* served(server, loop, request);
    announceStopping(loop);
    server._drain();
    yield* ending(server, loop, graceMs, request);
    if (signal !== null && exitBySignal) dieOf(signal);
    return signal;
  } finally {
    ready?.[Symbol.dispose]();
    request[Symbol.dispose]();
    server.close(); // in case the coroutine is closed from outside
  }
}

/** Waits for the request to stop. Being cancelled is a request without a grace. */
function* served(server: Stoppable, loop: LoopCore, request: StopRequest): Steps<NodeJS.Signals | null> {
  try {
    return yield* request.first;
  } catch (error) {
    request[Symbol.dispose]();
    server._drain();
    yield* endingClients(server, loop);
    yield* server._ended();
    throw error;
  }
}

/** Lets handlers and connections end, then ends them. */
function* ending(server: Stoppable, loop: LoopCore, graceMs: number | null, request: StopRequest): Steps<void> {
  const ended = createTaskOn(loop, () => server._ended());
  try {
    yield* wait([ended, request.second], { timeoutMs: graceMs, returnWhen: 'FIRST_COMPLETED' });
    request[Symbol.dispose](); // a third signal, and one after the grace, does what it does without this server
    if (ended.done()) return;
    yield* endingClients(server, loop);
    yield* wait([ended], { timeoutMs: CLOSE_MS });
    if (ended.done()) return;
    server.abortClients();
    yield* wait([ended], { timeoutMs: ABORT_MS }); // a handler that refuses its cancellation is left to the end of the run
  } finally {
    ended.cancel();
  }
}

/** Cancels the handlers, lets them clean up while their connections can still send, and closes the connections. */
function* endingClients(server: Stoppable, loop: LoopCore): Steps<void> {
  server._cancelHandlers();
  const ended = createTaskOn(loop, () => server._handlersEnded());
  try {
    yield* wait([ended], { timeoutMs: CLOSE_MS });
  } finally {
    ended.cancel();
    server.closeClients();
  }
}

/** Two futures: the first signal or another reason to stop, and the second signal. */
export class StopRequest implements Disposable {
  /** The name of the first signal; null if something else asked to stop. */
  readonly first: Future<NodeJS.Signals | null>;
  readonly second: Future<void>;
  private readonly watches: Disposable[] = [];

  constructor(loop: LoopCore, signals: readonly number[]) {
    this.first = new Future({ loop });
    this.second = new Future({ loop });
    try {
      for (const signal of signals)
        this.watches.push(signalHandlersOf(loop).intercept(signal, () => this.stop(signalName(signal))));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Asks to stop; a second call, by a signal, to stop without a grace. */
  stop(signal: NodeJS.Signals | null): void {
    if (!this.first.done()) this.first.setResult(signal);
    else if (signal !== null && !this.second.done()) this.second.setResult();
  }

  /** Gives the signals back to their former handlers. */
  [Symbol.dispose](): void {
    for (const watch of this.watches.splice(0)) watch[Symbol.dispose]();
  }
}
