/**
 * tiny.ts: asyncio in under 400 lines, complete enough for `flow.ts` and `io.ts`, short enough to be read in one sitting.
 *
 * Five ideas, from top to bottom. (1) A Handle is a function that the loop will call, now or at a time. (2) The EventLoop calls
 * what is ready, and sleeps in the kernel's selector when nothing is. (3) A Future is a result that is not there yet, with a list
 * of functions to call when it is. (4) A Task drives one generator: when that yields a future, the task asks the future to wake
 * it, and returns. (5) What waits is a generator that makes a future, sees to it that somebody sets it, and yields it.
 * Below are only the library's selectors and sockets: what the kernel offers.
 */

import { DefaultSelector, EVENT_READ, EVENT_WRITE, type Selector } from 'selectloop/selectors';
import { type Accepted, Socket } from 'selectloop/sockets';

/** What a coroutine function returns. Only futures are ever yielded; nothing at all means "let the others run". */
export type Steps<T> = Generator<Future | undefined, T, unknown>;
export type Awaitable<T> = Steps<T> | Future<T>;

// --- 1. Handles -------------------------------------------------------------------------------------------------------

/** A call that is going to be made, unless it is cancelled first. */
export class Handle {
  cancelled = false;

  constructor(private readonly callback: () => unknown) {}

  cancel(): void {
    this.cancelled = true;
  }

  /** Makes the call. An error is printed and goes no further: the next handle has nothing to do with it. */
  run(): void {
    if (this.cancelled) return;
    try {
      this.callback();
    } catch (error) {
      console.error('error in a callback:', error);
    }
  }
}

/** A call that is going to be made at a time of the loop's clock. */
export class TimedHandle extends Handle {
  whenMs = 0;
}

// --- 2. The loop ------------------------------------------------------------------------------------------------------

/** What to call when a socket is ready, by event: EVENT_READ, EVENT_WRITE. */
type Callbacks = Map<number, () => unknown>;

let running: EventLoop | null = null;

/** The loop that runs. */
export function getEventLoop(): EventLoop {
  if (running === null) throw new Error('no event loop is running');
  return running;
}

/** An event loop. The tests give it another clock, on which ten seconds pass in no time. */
export class EventLoop {
  /** The tasks that have not ended. */
  readonly tasks = new Set<Task>();
  /** The futures that failed, and their errors, until somebody looks. */
  readonly unseenErrors = new Map<Future, unknown>();
  private readonly ready: Handle[] = [];
  /** In order of time; of two with the same time, the older one comes first. */
  private readonly timers: TimedHandle[] = [];
  private readonly watched = new Map<Socket, Callbacks>();
  private stopping = false;

  constructor(
    private readonly selector: Selector<Callbacks> = new DefaultSelector(),
    private readonly clock: { now(): number } = performance,
  ) {}

  /** Milliseconds on a clock that never goes back. */
  time = (): number => this.clock.now();

  /** Calls `callback` in the next iteration. */
  callSoon(callback: () => unknown): Handle {
    const handle = new Handle(callback);
    this.ready.push(handle);
    return handle;
  }

  /** Calls `callback` after a delay. */
  callLater(delayMs: number, callback: () => unknown): TimedHandle {
    return this.callAt(this.time() + delayMs, callback);
  }

  /** Calls `callback` at a time of `time()`; at once, in the next iteration, if that is over. */
  callAt(whenMs: number, callback: () => unknown): TimedHandle {
    if (Number.isNaN(whenMs)) throw new RangeError('expected a time, got NaN');
    const handle = Object.assign(new TimedHandle(callback), { whenMs });
    const later = this.timers.findIndex((timer) => timer.whenMs > whenMs); // behind its equals: first made, first called
    this.timers.splice(later < 0 ? this.timers.length : later, 0, handle);
    return handle;
  }

  /** Calls `callback` in every iteration in which the socket is ready for `event`, until `unwatch`. */
  watch(socket: Socket, event: number, callback: () => unknown): void {
    const callbacks: Callbacks = this.watched.get(socket) ?? new Map<number, () => unknown>();
    if (callbacks.has(event)) throw new Error(`somebody waits for this event of descriptor ${socket.fileno()} already`);
    if (callbacks.size > 0) this.selector.modify(socket, EVENT_READ | EVENT_WRITE, callbacks);
    else this.selector.register(socket, event, callbacks);
    this.watched.set(socket, callbacks.set(event, callback));
  }

  /** Ends `watch`; nothing happens if it has ended. */
  unwatch(socket: Socket, event: number): void {
    const callbacks = this.watched.get(socket);
    if (callbacks?.delete(event) !== true) return;
    for (const other of callbacks.keys()) this.selector.modify(socket, other, callbacks);
    if (callbacks.size === 0 && this.watched.delete(socket)) this.selector.unregister(socket);
  }

  /** One iteration: this is the event loop. */
  runOnce(): void {
    for (const [{ data: callbacks }, events] of this.selector.select(this.timeToSleep())) {
      for (const [event, callback] of callbacks) if ((events & event) !== 0) this.callSoon(callback);
    }
    const now = this.time();
    while (this.timers.length > 0 && this.timers[0]!.whenMs <= now) this.ready.push(this.timers.shift()!);
    // Only these: what they schedule comes after the next look at sockets and clock, so no coroutine keeps the loop from either.
    for (const handle of this.ready.splice(0)) handle.run();
  }

  /** How long the selector may wait: not at all, until the first timer, or (null) until a socket is ready. */
  private timeToSleep(): number | null {
    if (this.ready.length > 0) return 0;
    while (this.timers[0]?.cancelled === true) this.timers.shift();
    const [first] = this.timers;
    if (first !== undefined) return Math.min(Math.max(0, first.whenMs - this.time()), 86_400_000);
    if (this.watched.size > 0) return null;
    throw new Error('deadlock: no callback, no timer and no socket could ever wake the loop');
  }

  runForever(): void {
    if (running !== null) throw new Error('an event loop is running already');
    running = this; // eslint-disable-line @typescript-eslint/no-this-alias -- what getEventLoop() returns
    try {
      for (this.stopping = false; !this.stopping;) this.runOnce();
    } finally {
      running = null;
    }
  }

  /** Runs until `main` is done, and returns its result or throws its error. */
  runUntilComplete<T>(main: Awaitable<T>): T {
    const future = main instanceof Future ? main : new Task(main, this);
    future.addDoneCallback(() => this.stop());
    this.runForever();
    return future.result();
  }

  /** Ends `runForever` after the present iteration. */
  stop(): void {
    this.stopping = true;
  }

  close = (): void => this.selector.close();
}

// --- 3. Futures -------------------------------------------------------------------------------------------------------

/** Thrown where a cancelled task waits. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

type Outcome<T> = { value: T } | { error: unknown };

/** A result that is not there yet. */
export class Future<T = unknown> {
  /** "Wait for me": set while `yield*` hands the future to its task, so that a bare `yield future` can be told apart. */
  blocking = false;
  private outcome: Outcome<T> | null = null;
  private callbacks: Array<() => unknown> = [];

  constructor(readonly loop: EventLoop = getEventLoop()) {}

  done = (): boolean => this.outcome !== null;
  cancelled = (): boolean => this.done() && 'error' in this.outcome! && this.outcome.error instanceof CancelledError;

  result(): T {
    if (this.outcome === null) throw new Error('the result is not there yet');
    this.loop.unseenErrors.delete(this);
    if ('error' in this.outcome) throw this.outcome.error;
    return this.outcome.value;
  }

  setResult(value: T): void {
    this.settle({ value });
  }

  setException(error: unknown): void {
    this.settle({ error });
    if (!this.cancelled()) this.loop.unseenErrors.set(this, error);
  }

  /** Ends the wait of whoever waits for it, with a CancelledError. False if it is done already. */
  cancel(): boolean {
    if (this.done()) return false;
    this.settle({ error: new CancelledError('cancelled') });
    return true;
  }

  /** Calls `callback` when the future is done; never at once, always by way of the loop. */
  addDoneCallback(callback: () => unknown): void {
    if (this.done()) this.loop.callSoon(callback);
    else this.callbacks.push(callback);
  }

  /** `yield* future` hands the future to the task, and returns the result when the task goes on. */
  *[Symbol.iterator](): Steps<T> {
    if (!this.done()) {
      this.blocking = true;
      yield this;
    }
    return this.result();
  }

  private settle(outcome: Outcome<T>): void {
    if (this.done()) throw new Error('the future is done already');
    this.outcome = outcome;
    for (const callback of this.callbacks) this.loop.callSoon(callback);
    this.callbacks = [];
  }
}

// --- 4. Tasks ---------------------------------------------------------------------------------------------------------

/** Drives a coroutine. It is a future too: of what the coroutine returns. */
export class Task<T = unknown> extends Future<T> {
  private waitingFor: Future | null = null;
  private toThrow: Error | null = null;

  constructor(
    private readonly steps: Steps<T>,
    loop?: EventLoop,
  ) {
    super(loop);
    this.loop.tasks.add(this);
    this.loop.callSoon(() => this.step());
  }

  /** Throws a CancelledError into the coroutine, where it waits. */
  override cancel(): boolean {
    if (this.done()) return false;
    // A cancelled future wakes the task by its callback. A task that is not waiting finds the error at its next step.
    if (this.waitingFor?.cancel() !== true) this.toThrow = new CancelledError('cancelled');
    return true;
  }

  /** Runs the coroutine up to its next wait. Between two steps a task is nowhere but in a callback list: it costs nothing. */
  private step(): void {
    const { toThrow } = this;
    this.toThrow = null;
    this.waitingFor = null;
    try {
      const { done, value } = toThrow === null ? this.steps.next() : this.steps.throw(toThrow);
      if (done === true) this.setResult(value);
      else this.waitFor(value);
    } catch (error) {
      this.setException(error);
    }
    if (this.done()) this.loop.tasks.delete(this);
  }

  private waitFor(yielded: Future | undefined): void {
    if (yielded instanceof Future && yielded.blocking && yielded !== this) {
      yielded.blocking = false;
      this.waitingFor = yielded;
      yielded.addDoneCallback(() => this.step());
      return;
    }
    if (yielded !== undefined) this.toThrow = new TypeError('a task waits with yield*, and not for itself');
    this.loop.callSoon(() => this.step());
  }
}

/** Runs a coroutine beside the others, from the next iteration on. */
export function createTask<T>(steps: Steps<T>): Task<T> {
  return new Task(steps);
}

/** Calls `fn` every `intervalMs`, counted from now: a late call does not delay the next. */
export function createPeriodicTask(fn: () => unknown, intervalMs: number): Task<never> {
  const loop = getEventLoop();
  function* periodic(): Steps<never> {
    for (let whenMs = loop.time() + intervalMs; ; whenMs += intervalMs) {
      yield* sleep(whenMs - loop.time());
      fn();
    }
  }
  return createTask(periodic());
}

type Results<A extends readonly unknown[]> = { -readonly [K in keyof A]: A[K] extends Awaitable<infer T> ? T : never };

/** Runs all of them at once. The results in the order of the list, or the first error; the others run on. */
export function gather<const A extends ReadonlyArray<Awaitable<unknown>>>(list: A): Future<Results<A>> {
  const children = list.map((item) => (item instanceof Future ? item : new Task(item)));
  const all = new Future<Results<A>>();
  const results: unknown[] = [];
  let missing = children.length;
  const collect = (child: Future, index: number): void => {
    try {
      results[index] = child.result();
      missing -= 1;
      if (missing === 0 && !all.done()) all.setResult(results as Results<A>);
    } catch (error) {
      if (!all.done()) all.setException(error);
    }
  };
  children.forEach((child, index) => child.addDoneCallback(() => collect(child, index)));
  all.addDoneCallback(() => all.cancelled() && children.forEach((child) => child.cancel()));
  if (children.length === 0) all.setResult([] as unknown as Results<A>);
  return all;
}

/** Runs `main` on a loop of its own; then cancels the tasks that are left, waits for them, and prints the errors nobody saw. */
export function run<T>(main: () => Steps<T>, loop: EventLoop = new EventLoop()): T {
  try {
    return loop.runUntilComplete(main());
  } finally {
    for (const task of loop.tasks) {
      task.cancel();
      task.addDoneCallback(() => loop.tasks.size === 0 && loop.stop());
    }
    if (loop.tasks.size > 0) loop.runForever();
    for (const error of loop.unseenErrors.values()) console.error('nobody saw this error:', error);
    loop.close();
  }
}

// --- 5. Things that wait ----------------------------------------------------------------------------------------------

/** Lets `delayMs` pass (none or less: one turn of the loop), and returns `result`. */
export function* sleep<T = undefined>(delayMs: number, result?: T): Steps<T> {
  const future = new Future<T>();
  const timer = future.loop.callLater(delayMs, () => future.setResult(result as T));
  try {
    return yield* future;
  } finally {
    timer.cancel();
  }
}

/** Tries until it does not have to wait: the kernel says EAGAIN, the selector says when to try again. */
function* whenReady<T>(socket: Socket, event: number, attempt: () => T): Steps<T> {
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== 'EAGAIN' && code !== 'EINPROGRESS') throw error;
    }
    const ready = new Future<boolean>();
    ready.loop.watch(socket, event, () => ready.done() || ready.setResult(true));
    try {
      yield* ready;
    } finally {
      ready.loop.unwatch(socket, event); // cancelled or not
    }
  }
}

/** Connects to a numeric address. The caller owns the socket; when the connection fails there is none. */
export function* createConnection(host: string, port: number): Steps<Socket> {
  const socket = new Socket();
  try {
    socket.setBlocking(false);
    // The first connect() starts; a second one, when the socket is writable, says how it went.
    yield* whenReady(socket, EVENT_WRITE, () => socket.connect({ host, port }));
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Waits for the next connection of a listening socket. */
export function* sockAccept(listener: Socket): Steps<Accepted> {
  const accepted = yield* whenReady(listener, EVENT_READ, () => listener.accept());
  accepted.socket.setBlocking(false);
  return accepted;
}

/** Receives up to `n` bytes, as soon as there are any; an empty buffer is the end. */
export function* sockRecv(socket: Socket, n: number): Steps<Buffer> {
  return yield* whenReady(socket, EVENT_READ, () => socket.recv(n));
}

/** Sends all of `data`. */
export function* sockSendAll(socket: Socket, data: Uint8Array): Steps<void> {
  for (let sent = 0; sent < data.length;) {
    sent += yield* whenReady(socket, EVENT_WRITE, () => socket.send(data.subarray(sent)));
  }
}
