/**
 * tiny.ts: asyncio in 400 lines. Read it from top to bottom; you need JavaScript and can skip the types.
 *
 * A server waits for many things: new connections, data, timers. While it waits for one of them in a blocking call, it cannot
 * react to the others. So the kernel has a call that waits for all: `select` takes a set of sockets and a timeout, puts the
 * process to sleep, and reports which sockets are ready. (`poll` takes a list instead; `epoll` is the one that stays fast with
 * many sockets.) An event loop is a loop around that call. The rest of this file lets us write programs as if they could block:
 *
 *     function* main(): Steps<void> {
 *       const slow = createTask(sleep(300, 'slow')); // a task runs concurrently with main
 *       console.log(yield* sleep(100, 'fast')); //      yield* means what `await` means in an async function
 *       console.log(yield* slow); //                    200 ms later
 *     }
 *     run(main);
 *
 * A coroutine is a function that can be suspended and resumed. Here it is a generator: `next()` runs it up to its next `yield`,
 * and there it stays, with its local variables, until `next()` is called again. Async functions work the same way, but the
 * JavaScript engine resumes them, out of sight. In this file the class Task does it, in plain sight.
 */

import { DefaultSelector, EVENT_READ, EVENT_WRITE, type Selector } from 'selectloop/selectors';
import { type Accepted, Socket } from 'selectloop/sockets';

/** What a coroutine function returns. A coroutine yields futures, or nothing to let the loop run other callbacks. */
export type Steps<T> = Generator<Future | undefined, T, unknown>;
export type Awaitable<T> = Steps<T> | Future<T>;

// --- 1. Handles: callbacks that the loop will run ---------------------------------------------------------------------
/** A callback that the loop will run, unless it is cancelled first. */
export class Handle {
  cancelled = false;
  constructor(private readonly callback: () => unknown) {}

  cancel(): void {
    this.cancelled = true;
  }

  /** Runs the callback. An error is printed and not rethrown: it must not stop the loop, or the callbacks that follow. */
  run(): void {
    if (this.cancelled) return;
    try {
      this.callback();
    } catch (error) {
      console.error('error in a callback:', error);
    }
  }
}

/** A callback that the loop will run at `whenMs` on its clock. */
export class TimedHandle extends Handle {
  whenMs = 0;
}

// --- 2. The event loop: runs the callbacks that are ready; with none ready, it sleeps in the kernel -------------------
/** What to call when a socket is ready, by event: EVENT_READ, EVENT_WRITE. */
type Callbacks = Map<number, () => unknown>;

let runningLoop: EventLoop | null = null;

export function getEventLoop(): EventLoop {
  if (runningLoop === null) throw new Error('no event loop is running');
  return runningLoop;
}

/** An event loop. Tests pass a clock of their own, on which ten seconds take no time. */
export class EventLoop {
  readonly tasks = new Set<Task>(); // those that have not finished
  readonly unretrieved = new Map<Future, unknown>(); // errors of failed futures, until `result()` throws them
  private readonly ready: Handle[] = []; // the ready queue: to run in the next iteration, first in, first out
  private readonly timers: TimedHandle[] = []; // by time; equal times in order of creation (asyncio has a heap)
  private readonly watched = new Map<Socket, Callbacks>();
  private stopping = false;
  constructor(
    private readonly selector: Selector<Callbacks> = new DefaultSelector(),
    private readonly clock: { now(): number } = performance,
  ) {}

  /** The time in milliseconds, on a clock that never goes backwards. */
  time = (): number => this.clock.now();

  /** Runs `callback` in the next iteration. */
  callSoon(callback: () => unknown): Handle {
    const handle = new Handle(callback);
    this.ready.push(handle);
    return handle;
  }

  /** Runs `callback` after a delay. */
  callLater(delayMs: number, callback: () => unknown): TimedHandle {
    return this.callAt(this.time() + delayMs, callback);
  }

  /** Runs `callback` when `time()` has reached `whenMs`. */
  callAt(whenMs: number, callback: () => unknown): TimedHandle {
    if (Number.isNaN(whenMs)) throw new RangeError('expected a time, got NaN');
    const handle = new TimedHandle(callback);
    handle.whenMs = whenMs;
    const firstLater = this.timers.findIndex((timer) => timer.whenMs > whenMs);
    this.timers.splice(firstLater < 0 ? this.timers.length : firstLater, 0, handle);
    return handle;
  }

  /** Runs `callback` in every iteration in which `socket` is ready for `event`, until `unwatch`. */
  watch(socket: Socket, event: number, callback: () => unknown): void {
    const callbacks: Callbacks = this.watched.get(socket) ?? new Map<number, () => unknown>();
    if (callbacks.has(event)) throw new Error(`descriptor ${socket.fileno()} already has a waiter for this event`);
    if (callbacks.size > 0) this.selector.modify(socket, EVENT_READ | EVENT_WRITE, callbacks);
    else this.selector.register(socket, event, callbacks);
    this.watched.set(socket, callbacks.set(event, callback));
  }

  /** Undoes `watch`. A no-op if the event is not watched. */
  unwatch(socket: Socket, event: number): void {
    const callbacks = this.watched.get(socket);
    if (callbacks?.delete(event) !== true) return;
    for (const other of callbacks.keys()) this.selector.modify(socket, other, callbacks); // if one is left
    if (callbacks.size === 0 && this.watched.delete(socket)) this.selector.unregister(socket);
  }

  /** One iteration. These five steps are the event loop. */
  runOnce(): void {
    // 1. Drop cancelled timers, so that the loop does not wake up for them.
    while (this.timers[0]?.cancelled === true) this.timers.shift();
    // 2. Compute the timeout, and 3. poll the selector with it. This is the only place where the process sleeps.
    for (const [{ data: callbacks }, events] of this.selector.select(this.selectTimeout())) {
      for (const [event, callback] of callbacks) if ((events & event) !== 0) this.callSoon(callback);
    }
    // 4. Move the timers that are due to the ready queue.
    const now = this.time();
    while (this.timers.length > 0 && this.timers[0]!.whenMs <= now) this.ready.push(this.timers.shift()!);
    // 5. Run the handles that are ready now. Those that they add wait for the next iteration; otherwise two callbacks that
    // keep scheduling each other would prevent the loop from ever polling again.
    for (const handle of this.ready.splice(0)) handle.run();
  }

  /** How long the selector may sleep: 0 if a handle is ready, else until the first timer; null means without a limit. */
  private selectTimeout(): number | null {
    if (this.ready.length > 0) return 0;
    const [first] = this.timers;
    // At most a day, because system calls do not take Infinity. Waking up early is harmless: no timer is due yet.
    if (first !== undefined) return Math.min(Math.max(0, first.whenMs - this.time()), 86_400_000);
    if (this.watched.size > 0) return null;
    throw new Error('deadlock: no callback, no timer and no socket could ever wake the loop');
  }

  runForever(): void {
    if (runningLoop !== null) throw new Error('an event loop is already running');
    runningLoop = this; // eslint-disable-line @typescript-eslint/no-this-alias -- what getEventLoop() returns
    try {
      for (this.stopping = false; !this.stopping;) this.runOnce();
    } finally {
      runningLoop = null;
    }
  }

  /** Runs until `main` is done, and returns its result or throws its error. */
  runUntilComplete<T>(main: Awaitable<T>): T {
    const future = main instanceof Future ? main : new Task(main, this);
    future.addDoneCallback(() => this.stop());
    this.runForever();
    return future.result();
  }

  /** Makes `runForever` return after the current iteration. */
  stop(): void {
    this.stopping = true;
  }

  close = (): void => this.selector.close();
}

// --- 3. Futures: results that will be available later, with callbacks to run then -------------------------------------
/** Thrown inside a cancelled task, at the `yield*` where it waits. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

/** A result that will be available later: what a Promise is to an async function. It runs nothing; others complete it. */
export class Future<T = unknown> {
  /** Set by `yield* future`, cleared by the task. If the flag is not set, the coroutine wrote `yield` without the asterisk. */
  awaited = false;
  private outcome: { value: T } | { error: unknown } | null = null;
  private callbacks: Array<() => unknown> = [];
  constructor(readonly loop: EventLoop = getEventLoop()) {}

  done = (): boolean => this.outcome !== null;
  cancelled = (): boolean => this.done() && 'error' in this.outcome! && this.outcome.error instanceof CancelledError;

  result(): T {
    if (this.outcome === null) throw new Error('the future is not done yet');
    this.loop.unretrieved.delete(this);
    if ('error' in this.outcome) throw this.outcome.error;
    return this.outcome.value;
  }

  setResult(value: T): void {
    this.complete({ value });
  }
  setException(error: unknown): void {
    this.complete({ error });
    if (!this.cancelled()) this.loop.unretrieved.set(this, error);
  }

  /** Completes the future with a CancelledError. Returns false if it was already done. */
  cancel(): boolean {
    if (this.done()) return false;
    this.complete({ error: new CancelledError('cancelled') });
    return true;
  }

  /** Runs `callback` once the future is done. It always runs from the loop, never inside this call or inside `setResult`. */
  addDoneCallback(callback: () => unknown): void {
    if (this.done()) this.loop.callSoon(callback);
    else this.callbacks.push(callback);
  }

  /** What `yield* future` runs: suspends the coroutine by yielding the future to its task, then returns the result. */
  *[Symbol.iterator](): Steps<T> {
    if (!this.done()) {
      this.awaited = true;
      yield this;
    }
    return this.result();
  }

  private complete(outcome: { value: T } | { error: unknown }): void {
    if (this.done()) throw new Error('the future is already done');
    this.outcome = outcome;
    for (const callback of this.callbacks) this.loop.callSoon(callback);
    this.callbacks = [];
  }
}

// --- 4. Tasks: run a coroutine until it yields a future, and resume it when that future is done -----------------------
/** Drives a coroutine. A task is itself a future, whose result is what the coroutine returns: so tasks can wait for tasks. */
export class Task<T = unknown> extends Future<T> {
  private waitingFor: Future | null = null;
  private errorToThrow: Error | null = null;

  constructor(
    private readonly coroutine: Steps<T>,
    loop?: EventLoop,
  ) {
    super(loop);
    this.loop.tasks.add(this);
    this.loop.callSoon(() => this.step());
  }

  /** Throws a CancelledError into the coroutine, at the `yield*` where it waits. */
  override cancel(): boolean {
    if (this.done()) return false;
    // Cancelling the future it waits for resumes the task with the error. Otherwise the next step throws it.
    if (this.waitingFor?.cancel() !== true) this.errorToThrow = new CancelledError('cancelled');
    return true;
  }

  /** Runs the coroutine up to its next `yield`. While it waits it is in no queue, so it costs no CPU time. */
  private step(): void {
    const error = this.errorToThrow;
    this.errorToThrow = null;
    this.waitingFor = null;
    try {
      const { done, value } = error === null ? this.coroutine.next() : this.coroutine.throw(error);
      if (done === true) this.setResult(value);
      else this.scheduleNextStep(value);
    } catch (thrown) {
      this.setException(thrown);
    }
    if (this.done()) this.loop.tasks.delete(this);
  }

  private scheduleNextStep(yielded: Future | undefined): void {
    if (yielded instanceof Future && yielded.awaited && yielded !== this) {
      yielded.awaited = false;
      this.waitingFor = yielded;
      yielded.addDoneCallback(() => this.step());
      return;
    }
    if (yielded !== undefined) this.errorToThrow = new TypeError('use yield* to wait; a task cannot wait for itself');
    this.loop.callSoon(() => this.step());
  }
}

// --- 5. Coroutines that wait: create a future, arrange for it to be completed, yield it -------------------------------
/** Waits for `delayMs` (with 0 or less, until the second iteration from now), and returns `result`. */
export function* sleep<T = undefined>(delayMs: number, result?: T): Steps<T> {
  const future = new Future<T>();
  const timer = future.loop.callLater(delayMs, () => future.setResult(result as T));
  try {
    return yield* future;
  } finally {
    timer.cancel(); // if the task was cancelled: the timer must not complete the future a second time
  }
}

/** Tries a system call until it does not fail with "would block" (EAGAIN), and waits for the selector before each retry. */
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
      ready.loop.unwatch(socket, event); // after a cancellation as well
    }
  }
}

/** Connects to a numeric address. The caller owns the socket. If the connection fails, the socket is closed. */
export function* createConnection(host: string, port: number): Steps<Socket> {
  const socket = new Socket();
  try {
    socket.setBlocking(false);
    // The first connect() starts the handshake (EINPROGRESS); once the socket is writable, a second one returns the outcome.
    yield* whenReady(socket, EVENT_WRITE, () => socket.connect({ host, port }));
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Waits for a connection to a listening socket. */
export function* sockAccept(listener: Socket): Steps<Accepted> {
  const accepted = yield* whenReady(listener, EVENT_READ, () => listener.accept());
  accepted.socket.setBlocking(false);
  return accepted;
}

/** Waits for data and returns up to `n` bytes of it. An empty buffer means that the peer has finished sending (EOF). */
export function* sockRecv(socket: Socket, n: number): Steps<Buffer> {
  return yield* whenReady(socket, EVENT_READ, () => socket.recv(n));
}

/** Sends all of `data`. One `send` accepts only as much as fits into the socket's buffer, so this may take several. */
export function* sockSendAll(socket: Socket, data: Uint8Array): Steps<void> {
  for (let sent = 0; sent < data.length;) {
    sent += yield* whenReady(socket, EVENT_WRITE, () => socket.send(data.subarray(sent)));
  }
}

// --- 6. Starting coroutines -------------------------------------------------------------------------------------------
/** Runs a coroutine concurrently with all other tasks. Its first step runs in the next iteration. */
export const createTask = <T>(coroutine: Steps<T>): Task<T> => new Task(coroutine);

/** Calls `fn` every `intervalMs`. Due times are counted from the start, so a late call does not delay the next one. */
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

/** Runs all of `list` concurrently. Completes with the results in list order, or with the first error; the rest continue. */
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

/** Runs `main` on a new loop. Before it returns, it cancels the remaining tasks, waits for them, and prints unretrieved errors. */
export function run<T>(main: () => Steps<T>, loop: EventLoop = new EventLoop()): T {
  try {
    return loop.runUntilComplete(main());
  } finally {
    for (const task of loop.tasks) {
      task.cancel();
      task.addDoneCallback(() => loop.tasks.size === 0 && loop.stop());
    }
    if (loop.tasks.size > 0) loop.runForever();
    for (const error of loop.unretrieved.values()) console.error('exception was never retrieved:', error);
    loop.close();
  }
}
