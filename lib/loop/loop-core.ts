/**
 * The core of the event loop: callbacks, timers, descriptors, and the iteration that runs them.
 *
 * Start reading at `_runOnce`: it is one iteration, in five steps. Both ways of running call it: blocking (blocking.ts) and hosted beside
 * libuv (hosted.ts). The core does not depend on futures and tasks, which are built on top of it; it only keeps a list of the tasks. Its
 * clock and its selector come from outside.
 */

import { type Linked, LinkedList } from '../collections/linked-list.js';
import { RingQueue } from '../collections/ring-queue.js';
import { LoopError, isFatal } from '../errors/index.js';
import { DefaultSelector, type Selector, type SelectorKey } from '../selectors/index.js';
import { onDescriptorClose } from '../sockets/index.js';
import { callAll } from './call-all.js';
import { type Callback, checkCallback, checkedTime } from './callback.js';
import { type Clock, monotonicClock } from './clock.js';
import { loopCreated } from './created.js';
import { carrierOnStack, leaveCarrier } from './current-carrier.js';
import { type Descriptor, DescriptorRegistry } from './descriptor-registry.js';
import { Handle, TimedHandle } from './handle.js';
import type { Host } from './host.js';
import type { LoopState } from './instrument.js';
import type { IoBatch } from './io-batch.js';
import type { LoopCoreOptions } from './loop-options.js';
import { Observed } from './observed.js';
import { PollPolicy } from './poll-policy.js';
import type { Runnable, Timer } from './runnable.js';
import type { LoopStatistics } from './statistics.js';
import { TimeAccount } from './time-account.js';
import { TimerQueue } from './timer-queue.js';
import { type Wakeup, openWakeup } from './wakeup.js';

/** One day: the longest poll of a loop that has a timer. It keeps every timeout below the limits of the kernel's calls. */
const MAX_TIMEOUT_MS = 24 * 3600 * 1000;

/**
 * The most events that one poll returns, for a selector whose polls are cheap. With more, the bytes received for the first connections have
 * left the caches before the last handle runs.
 */
const MAX_EVENTS = 128;

/** Callbacks, timers and descriptors, and the iteration that runs them. */
export class LoopCore extends Observed {
  /** @internal The waiters for descriptors. */
  readonly _descriptors: DescriptorRegistry;
  /** @internal Socket operations since the current handle began to run; see sock/fairness.ts. */
  _operationsInTurn = 0;
  /** @internal The tasks that are not done: the loop keeps them alive, and counts them. */
  readonly _tasks = new LinkedList<Runnable & Linked>();
  /** @internal Receives and sends for several sockets at a time; null: each makes its own calls. */
  _batch: IoBatch | null = null;
  /** @internal The source of its time. The inspector replaces it by one that can stand still. */
  _clock: Clock;
  /** @internal The host of the current run; null if the loop does not run, or blocks. */
  _host: Host | null = null;
  /** @internal Called when the loop begins to run, with true if it is hosted. */
  readonly _startHooks: Array<(hosted: boolean) => void> = [];
  /** @internal Called once, when the loop closes. */
  readonly _closeHooks: Array<() => void> = [];

  private readonly ready = new RingQueue<Runnable>();
  private readonly timers = new TimerQueue();
  private readonly selector: Selector<Descriptor>;
  private readonly maxEvents: number;
  private readonly wake: Wakeup;
  private readonly closeListener: Disposable;
  private readonly polling = new PollPolicy();
  private readonly account = new TimeAccount();
  private running = false;
  private stopping = false;
  private closed = false;
  private iterations = 0;
  /** How many sources besides handles, timers and descriptors can wake the loop: watched signals, functions in threads. */
  private references = 0;

  constructor(options: LoopCoreOptions = {}) {
    super();
    this.selector = (options.selector ?? new DefaultSelector()) as Selector<Descriptor>;
    this.maxEvents = this.selector.scansAll ? Number.POSITIVE_INFINITY : MAX_EVENTS;
    this._clock = options.clock ?? monotonicClock();
    this._descriptors = new DescriptorRegistry(this.selector, this.ready, this);
    this.wake = openWakeup(this.selector, this._descriptors);
    this.closeListener = onDescriptorClose((fd) => {
      this._batch?.closing(fd);
      this._descriptors.forget(fd);
    });
    this.setDebug(options.debug ?? process.env['SELECTLOOP_DEBUG'] === '1');
    loopCreated(this);
  }

  // --- One iteration ------------------------------------------------------------------------------------------------

  /** @internal Runs one iteration. @param limitMs the longest time to wait; null: no limit */
  _runOnce(limitMs: number | null): void {
    this.iterations += 1;
    this._instrument?.iterationStart?.(this.iterations);
    const flushed = this.beforeSleep();
    if (flushed && !this._hasWork()) limitMs = 0; // that was the last work: there is nothing to wait for

    // A busy loop skips steps 1 to 3: see PollPolicy.
    if (this.polling.isDue(this.ready.length)) {
      // 1. Drop cancelled timers.
      this.timers.dropCancelled(this._instrument);
      // 2. Compute the timeout.
      const timeoutMs = this.computeTimeout(limitMs);
      // 3. Poll the selector.
      this.poll(timeoutMs);
    }
    // 4. Collect due timers.
    this.collectDueTimers();
    // 5. Run the ready queue.
    this.runReadyQueue();

    this._instrument?.iterationEnd?.(this.iterations);
  }

  /** How long the poll may wait. 0 if a handle is ready, else until the first deadline, but no longer than `limitMs`. */
  private computeTimeout(limitMs: number | null): number | null {
    if (this.ready.length > 0 || this.stopping) return 0;
    const deadline = this.timers.nextDeadline();
    if (deadline === null) return limitMs;
    const untilDeadline = Math.min(Math.max(deadline - this._clock.now(), 0), MAX_TIMEOUT_MS);
    return limitMs === null ? untilDeadline : Math.min(untilDeadline, limitMs);
  }

  /** Sleeps in the kernel, through the registry and its selector, until a descriptor is ready; the registry's `visit` enqueues its waiters. */
  private poll(timeoutMs: number | null): void {
    const instrument = this._instrument;
    instrument?.beforeSelect?.(timeoutMs);
    this.account.waitBegins(this._clock.now());
    const visit = instrument?.descriptorReady === undefined ? this._descriptors.visit : this.visitObserved;
    const events = this._descriptors.poll(timeoutMs, visit, this.maxEvents);
    this._batch?.afterPoll();
    this.account.waitEnds(this._clock.now());
    this.polling.polled();
    this.followSubscribers();
    instrument?.afterSelect?.(events);
  }

  /** Moves the timers that are due from the heap to the ready queue. */
  private collectDueTimers(): void {
    if (this.timers.live > 0) this.timers.collectDue(this._clock.now(), this.ready, this._instrument);
  }

  /**
   * Runs the handles that are on the ready queue now. A handle scheduled by one of them runs in the next iteration, so a callback
   * that reschedules itself indefinitely cannot keep the loop from polling.
   */
  private runReadyQueue(): void {
    const { ready } = this;
    this._instrument?.handlesReady?.(ready);
    this.polling.willRun(ready.length);
    for (let count = ready.length; count > 0; count -= 1) {
      const handle = ready.shift();
      if (handle === undefined) continue;
      if (!handle.cancelled()) this.runHandle(handle);
      else if (this._instrument !== null) this._instrument.handleSkipped?.(handle);
    }
  }

  private runHandle(handle: Runnable): void {
    const instrument = this._instrument;
    instrument?.handleStart?.(handle);
    this._operationsInTurn = 0;
    const carrier = carrierOnStack();
    try {
      handle._run();
    } catch (exception) {
      leaveCarrier(carrier);
      if (isFatal(exception)) throw exception;
      instrument?.handleFailed?.(handle, exception);
      const source = handle instanceof Handle ? handle._source : null;
      this.callExceptionHandler({ message: `Exception in callback ${String(handle)}`, exception, handle, source });
    }
    instrument?.handleEnd?.(handle);
  }

  /** Flushes the deferred sends of the batch. Returns whether there was a batch to flush. */
  private beforeSleep(): boolean {
    const batch = this._batch;
    if (batch === null || !batch.deferring) return false;
    const idle = this.ready.length === 0;
    batch.beforeSleep(idle || !this.running);
    if (idle) this.polling.allow(this.ready.length); // the queue was empty: it now holds the tasks that the flush has woken
    return true;
  }

  private readonly visitObserved = (key: SelectorKey<Descriptor>, events: number): void => {
    this._instrument?.descriptorReady?.(key.data, events);
    this._descriptors.visit(key, events);
  };

  /** @internal Makes the next iteration poll: a task that yields expects descriptors to be served before it runs again. */
  _pollNext(): void {
    if (this.hasExternalSources() || this._isHosted()) this.polling.require(); // else no descriptor can become ready
  }

  /** @internal Polls in every iteration, so that each passes all five steps, until the result is disposed of. */
  _pollInEveryIteration(): Disposable {
    return this.polling.everyIteration();
  }

  // --- Time and callbacks -------------------------------------------------------------------------------------------

  /** The loop's time in milliseconds: monotonic, with fractions. */
  time(): number {
    return this._clock.now();
  }

  /** Runs `callback(...args)` in the next iteration. Callbacks run in the order in which they were scheduled. */
  callSoon<A extends unknown[]>(callback: (...args: A) => unknown, ...args: A): Handle {
    checkCallback(callback, 'callSoon', this.getDebug());
    const handle = new Handle(callback, args, this._sourceOfCaller());
    this._enqueue(handle);
    return handle;
  }

  /**
   * Runs `callback(...args)` after `delayMs` milliseconds (fractions allowed), never early. A negative delay counts as overdue:
   * the more negative, the earlier in the next iteration.
   */
  callLater<A extends unknown[]>(delayMs: number, callback: (...args: A) => unknown, ...args: A): TimedHandle {
    return this.schedule(this.time() + checkedTime(delayMs, 'callLater', 'delayMs'), 'callLater', callback, args);
  }

  /** Runs `callback(...args)` when the loop's time reaches `whenMs`. Equal times run in the order of the calls. */
  callAt<A extends unknown[]>(whenMs: number, callback: (...args: A) => unknown, ...args: A): TimedHandle {
    return this.schedule(checkedTime(whenMs, 'callAt', 'whenMs'), 'callAt', callback, args);
  }

  /** Wakes the loop: its current or its next poll returns. Another thread writes to {@link wakeupFd} instead. */
  wakeup(): void {
    this.checkOpen();
    this.wake.notify();
  }

  /** Returns an eventfd. Writing eight bytes (a native-endian 64-bit integer of 1) to it, from any thread, wakes the loop. */
  wakeupFd(): number {
    this.checkOpen();
    return this.wake.fd;
  }

  /** @internal Puts a runnable on the ready queue. */
  _enqueue(runnable: Runnable): void {
    if (this.closed) this.checkOpen();
    this.ready.push(runnable);
    if (this._instrument !== null) this._instrument.enqueued?.(runnable);
    this._workAdded();
  }

  /** @internal Puts a timer into the heap. */
  _schedule(timer: Timer): void {
    this.checkOpen();
    this.timers.add(timer);
    if (this._instrument !== null) this._instrument.timerScheduled?.(timer, timer._when);
    this._workAdded();
  }

  /** @internal The number for a timer that the caller makes itself. */
  _nextTimerSequence(): number {
    return this.timers.nextSequence();
  }

  /** @internal A timer was cancelled. An arrow function, because every TimedHandle holds it. */
  readonly _timerCancelled = (timer: Timer): void => {
    this.timers.noteCancelled(timer, this._instrument);
  };

  /** @internal Throws a LoopError with the code ERR_LOOP_CLOSED when the loop is closed. */
  checkOpen(): void {
    if (this.closed) throw new LoopError('ERR_LOOP_CLOSED', 'Event loop is closed');
  }

  // --- Running ------------------------------------------------------------------------------------------------------

  /** Ends the run after the current iteration, or after the next one if none is running. Its ready callbacks still run. */
  stop(): void {
    this.stopping = true;
    this.polling.require(); // the last iteration is a complete one
    this._workAdded();
  }

  /** True while the loop runs, blocking or hosted. */
  isRunning(): boolean {
    return this.running;
  }

  /** True once `close()` was called. */
  isClosed(): boolean {
    return this.closed;
  }

  /** @internal Returns whether `stop()` was called in this run. */
  _isStopping(): boolean {
    return this.stopping;
  }

  /** @internal A run begins. @param host null: the run is blocking */
  _runBegins(host: Host | null): void {
    this.running = true;
    this._host = host;
    for (const hook of this._startHooks) hook(host !== null);
  }

  /** @internal The run has ended. Throws a fatal error of the last flush. */
  _runEnds(): void {
    this.running = false;
    this._host = null;
    this.stopping = false;
    this._pauseRunTime();
    this.beforeSleep();
  }

  /** @internal Control returns to the host: what runs until the next iteration is not counted as the loop's. */
  _pauseRunTime(): void {
    this.account.runEnds(this._clock.now());
  }

  /** @internal True while the loop runs beside libuv, where promises settle. */
  _isHosted(): boolean {
    return this._host !== null;
  }

  /** @internal Notes a source, besides handles, timers and descriptors, that can wake the loop; see {@link _unref}. */
  _ref(): void {
    this.references += 1;
    this._workAdded();
  }

  /** @internal Undoes one {@link _ref}. */
  _unref(): void {
    this.references -= 1;
  }

  /** @internal The loop has something new to do or to wait for: a host keeps the process alive for it. */
  _workAdded(): void {
    if (this._host !== null) this._host.workAdded();
  }

  /** @internal Returns whether anything can still wake the loop. (libuv does not count.) */
  _hasWork(): boolean {
    const scheduled = this.ready.length > 0 || this.timers.live > 0;
    return scheduled || this.stopping || this._batch?.deferring === true || this.hasExternalSources();
  }

  /** Returns whether a descriptor, a signal or a thread can wake the loop. */
  private hasExternalSources(): boolean {
    return this._descriptors.readers + this._descriptors.writers + this.references > 0;
  }

  /** Releases everything the loop holds; callbacks that are still scheduled will not run. Idempotent. Throws while the loop runs. */
  close(): void {
    if (this.running) throw new LoopError('ERR_LOOP_RUNNING', 'cannot close a running event loop');
    if (this.closed) return;
    // All of them, even if an exception handler that one of them calls throws a fatal error.
    callAll([...this._closeHooks.splice(0), () => this.release()]);
  }

  private release(): void {
    if (this.closed) return; // an exception handler closed the loop a second time
    this.closed = true;
    this.ready.clear();
    this.timers.clear();
    this._descriptors.close();
    this.closeListener[Symbol.dispose]();
    this.selector.close();
    this.wake.close();
  }

  /** Returns the loop's counters: iterations, what is scheduled, and where the time went. */
  statistics(): LoopStatistics {
    this.timers.dropCancelled(this._instrument); // so that the deadline is that of a live timer
    return {
      iterations: this.iterations,
      ready: this.ready.length,
      scheduled: this.timers.live,
      readers: this._descriptors.readers,
      writers: this._descriptors.writers,
      tasks: this._tasks.size,
      selectTimeMs: this.account.selectMs,
      runTimeMs: this.account.runMs,
      nextDeadlineMs: this.timers.nextDeadline(),
    };
  }

  /** @internal Returns what the loop holds, without changing it. */
  _state(): LoopState {
    const { ready, timers, _descriptors: descriptors, _tasks: tasks, selector } = this;
    return { ready, heap: timers.inHeap(), descriptors: descriptors.registered(), tasks, selector };
  }

  private schedule(whenMs: number, method: string, callback: Callback, args: unknown[]): TimedHandle {
    checkCallback(callback, method, this.getDebug());
    const source = this._sourceOfCaller();
    const timer = new TimedHandle(whenMs, this.timers.nextSequence(), this._timerCancelled, callback, args, source);
    this._schedule(timer);
    return timer;
  }
}
