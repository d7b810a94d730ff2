/**
 * The core of the event loop: callbacks, timers, descriptors, and one iteration of them.
 *
 * It knows nothing of futures and tasks, which are built on top of it, nor of where it runs: the clock and the selector are
 * given to it. `iterate()` is the only place that waits, and both ways of running (blocking, in blocking.ts, and hosted beside
 * libuv, in host.ts) call it.
 */

import { type Linked, LinkedList } from '../collections/linked-list.js';
import { RingQueue } from '../collections/ring-queue.js';
import { LoopError, isFatal, outOfRange, wrongType } from '../errors/index.js';
import { DefaultSelector, type Selector, type SelectorKey } from '../selectors/index.js';
import { onDescriptorClose } from '../sockets/index.js';
import { type Callback, checkCallback } from './callback.js';
import { type Clock, monotonicClock } from './clock.js';
import { carrierOnStack, leaveCarrier } from './context.js';
import { type Descriptor, DescriptorRegistry } from './descriptor-registry.js';
import { Handle, TimedHandle } from './handle.js';
import type { IoBatch } from './io-batch.js';
import { Observed } from './observed.js';
import type { Runnable, Timer } from './runnable.js';
import type { LoopStatistics } from './statistics.js';
import { TimeAccount } from './time-account.js';
import { TimerQueue } from './timer-queue.js';
import { type Wakeup, openWakeup } from './wakeup.js';

/** One day: the longest select of a loop that has a timer, so that no kernel's limit on timeouts is ever met. */
const MAX_SELECT_MS = 24 * 3600 * 1000;

/**
 * How many handles may run between two polls while there is always something to run. Two tasks that hand work to each other fill one
 * iteration after the other; a system call in each would be nine tenths of their time. Timers are collected every time. (tokio polls
 * every 61 events, for the same reason.)
 */
const HANDLES_BETWEEN_LOOKS = 64;

/** The most events of one poll where a poll costs little: what was received for more connections has left the caches before they run. */
const EVENTS_AT_ONCE = 128;

/** What a loop can be given. */
export interface LoopCoreOptions {
  /** Waits for descriptors; the loop owns it and closes it. Default: the best that works here. */
  selector?: Selector;
  /** Tells the time. Default: CLOCK_MONOTONIC. */
  clock?: Clock;
  /** Debug mode: thorough checks, creation stacks, slow callbacks. Default: SELECTLOOP_DEBUG=1. */
  debug?: boolean;
}

/** Callbacks, timers and descriptors, run in turn. */
export class LoopCore extends Observed {
  /** @internal Descriptors that are waited for. */
  readonly _descriptors: DescriptorRegistry;
  /** @internal Socket operations since the current handle began to run; see sock/fairness.ts. */
  _operationsInTurn = 0;
  /** @internal Everything that can wake the loop besides handles, timers and descriptors: watched signals. */
  _wakeSources = 0;
  /** @internal The tasks that are not done; kept here so that they stay alive, and for the counters. */
  readonly _tasks = new LinkedList<Runnable & Linked>();
  /** @internal Set by the host when the loop has nothing to do; called as soon as it has. */
  _onWork: (() => void) | null = null;
  /** @internal Called when the loop begins to run. */
  _onStart: ((hosted: boolean) => void) | null = null;
  /** @internal Receives and sends for several sockets at a time; null: each makes its own calls. */
  _batch: IoBatch | null = null;
  /** @internal Set by `_batch` while it defers sends; called before each iteration, and when the loop ends. */
  _beforeSleep: (() => void) | null = null;
  /** @internal Called before what is ready runs; tests shuffle it. */
  _arrange: ((ready: RingQueue<Runnable>) => void) | null = null;
  /** @internal What libuv was doing when this iteration of a hosted run began; as if it slept for ever in a blocking one. */
  readonly _libuv = { timeoutMs: -1, requests: 0 };
  /** @internal Called once, when the loop closes. */
  readonly _closeHooks: Array<() => void> = [];

  private readonly ready = new RingQueue<Runnable>();
  private readonly timers = new TimerQueue();
  private readonly selector: Selector<Descriptor>;
  private readonly mostEvents: number;
  private readonly clock: Clock;
  private readonly wake: Wakeup;
  private readonly closeListener: Disposable;
  private stopping = false;
  private closed = false;
  private mode: 'blocking' | 'hosted' | null = null;
  private iterations = 0;
  private handlesSinceLook = 0;
  private readonly account = new TimeAccount();

  constructor(options: LoopCoreOptions = {}) {
    super();
    this.selector = (options.selector ?? new DefaultSelector()) as Selector<Descriptor>;
    this.mostEvents = this.selector.scansAll ? Number.POSITIVE_INFINITY : EVENTS_AT_ONCE;
    this.clock = options.clock ?? monotonicClock;
    this._descriptors = new DescriptorRegistry(this.selector, this.ready, this);
    this.wake = openWakeup(this.selector, this._descriptors);
    this.closeListener = onDescriptorClose((fd) => {
      this._batch?.closing(fd);
      this._descriptors.forget(fd);
    });
    this.setDebug(options.debug ?? process.env['SELECTLOOP_DEBUG'] === '1');
  }

  // --- Time and callbacks -------------------------------------------------------------------------------------------

  /** The loop's time in milliseconds: monotonic, with fractions. */
  time(): number {
    return this.clock.now();
  }

  /** Runs `callback(...args)` in the next iteration. Callbacks run in the order in which they were scheduled. */
  callSoon<A extends unknown[]>(callback: (...args: A) => unknown, ...args: A): Handle {
    const handle = new Handle(this.checked(callback, 'callSoon'), args, this._sourceOfCaller());
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

  /** Ends the current or the next wait of the loop; it makes one iteration. Another thread writes to {@link wakeupFd} instead. */
  wakeup(): void {
    this.checkOpen();
    this.wake.notify();
  }

  /** An eventfd: writing eight bytes (a native-endian 64-bit integer of 1) to it, from any thread, ends the loop's wait. */
  wakeupFd(): number {
    this.checkOpen();
    return this.wake.fd;
  }

  /** @internal Puts a runnable on the ready queue. */
  _enqueue(runnable: Runnable): void {
    if (this.closed) this.checkOpen();
    this.ready.push(runnable);
    if (this._onWork !== null) this._onWork();
  }

  /** @internal Puts a timer into the heap. */
  _schedule(timer: Timer): void {
    this.checkOpen();
    this.timers.add(timer);
    if (this._instrument !== null) this._instrument.timerScheduled?.(timer, timer._when);
    if (this._onWork !== null) this._onWork();
  }

  /** @internal The number for a timer that the caller makes itself. */
  _nextTimerSequence(): number {
    return this.timers.nextSequence();
  }

  /** @internal A timer tells that it was cancelled. An arrow function, because every TimedHandle holds it. */
  readonly _timerCancelled = (timer: Timer): void => {
    const { _scheduled: scheduled } = timer;
    this.timers.noteCancelled(timer);
    if (this._instrument !== null && scheduled) this._instrument.timerCancelled?.(timer);
  };

  /** @internal Throws a LoopError with the code ERR_LOOP_CLOSED when the loop is closed. */
  checkOpen(): void {
    if (this.closed) throw new LoopError('ERR_LOOP_CLOSED', 'Event loop is closed');
  }

  // --- One iteration ------------------------------------------------------------------------------------------------

  /**
   * @internal One turn of the loop: wait for descriptors, collect what is ready and due, run it.
   *
   * @param limitMs the longest time to wait; null: as long as it takes
   */
  _iterate(limitMs: number | null): void {
    this.iterations += 1;
    this._operationsInTurn = 0;
    const instrument = this._instrument;
    instrument?.iterationStart?.(this.iterations);

    const didWork = this.sendDeferred();
    // If that was the last there was to do, nothing is left to wait for.
    if (!this.canPutOffLook(didWork)) this.look(didWork && !this._hasWork() ? 0 : limitMs);
    else if (this.timers.live > 0) this.timers.moveDue(this.clock.now(), this.ready, instrument);
    if (this._arrange !== null) this._arrange(this.ready);

    // What handles schedule from here on runs in the next iteration: a callback that reschedules itself for ever cannot keep
    // the loop from looking at its descriptors.
    this.handlesSinceLook += this.ready.length;
    for (let count = this.ready.length; count > 0; count -= 1) {
      const handle = this.ready.shift();
      if (handle !== undefined && !handle.cancelled()) this.runHandle(handle);
    }
    this._instrument?.iterationEnd?.(this.iterations);
  }

  /**
   * @internal The next iteration looks at the descriptors, however few handles have run since the last look. Whoever gives the
   * others a turn expects it to be a whole one. With nobody who waits for one it makes no difference.
   */
  _lookNext(): void {
    if (this.waitsOutside() || this._isHosted()) this.handlesSinceLook = HANDLES_BETWEEN_LOOKS;
  }

  /**
   * An instrument sees a select in each iteration. Tasks whose sends have just left (`sent`) run before one: most of them receive next,
   * and a socket that is found ready with no waiter costs two changes of its registration.
   */
  private canPutOffLook(sent: boolean): boolean {
    const { ready, _instrument: instrument } = this;
    if (ready.length === 0 || this.stopping) return false;
    if (instrument !== null && (instrument.beforeSelect ?? instrument.afterSelect ?? instrument.descriptorReady))
      return false;
    if (sent && this._beforeSleep === null) return true;
    return this.handlesSinceLook + ready.length <= HANDLES_BETWEEN_LOOKS;
  }

  /** Waits for descriptors and timers, and puts what is ready and due on the ready queue. */
  private look(limitMs: number | null): void {
    const instrument = this._instrument;
    const started = this.clock.now();
    const timeoutMs = this.selectTimeout(limitMs, started);
    instrument?.beforeSelect?.(timeoutMs);
    this.account.waitBegins(started);
    const visit = instrument?.descriptorReady === undefined ? this._descriptors.visit : this.visitObserved;
    const events = this._descriptors.poll(timeoutMs, visit, this.mostEvents);
    this._batch?.afterPoll();
    const now = this.clock.now();
    this.account.waitEnds(now);
    this.handlesSinceLook = 0;
    instrument?.afterSelect?.(events);
    this.timers.moveDue(now, this.ready, instrument);
  }

  private sendDeferred(): boolean {
    const send = this._beforeSleep;
    if (this.ready.length === 0 || this.mode === null) this._beforeSleep = null;
    send?.();
    return send !== null;
  }

  private readonly visitObserved = (key: SelectorKey<Descriptor>, events: number): void => {
    this._instrument?.descriptorReady?.(key.data, events);
    this._descriptors.visit(key, events);
  };

  private selectTimeout(limitMs: number | null, now: number): number | null {
    const deadline = this.timers.nextDeadline();
    if (this.ready.length > 0 || this.stopping) return 0;
    if (deadline === null) return limitMs;
    const untilTimer = Math.min(Math.max(deadline - now, 0), MAX_SELECT_MS);
    return limitMs === null ? untilTimer : Math.min(untilTimer, limitMs);
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

  // --- Running ------------------------------------------------------------------------------------------------------

  /** Makes the loop end after the current iteration; callbacks that are ready in it still run. */
  stop(): void {
    this.stopping = true;
    if (this._onWork !== null) this._onWork();
  }

  /** True while the loop runs, blocking or hosted. */
  isRunning(): boolean {
    return this.mode !== null;
  }

  /** True once `close()` was called. */
  isClosed(): boolean {
    return this.closed;
  }

  /** @internal */
  _isStopping(): boolean {
    return this.stopping;
  }

  /** @internal The drivers say when a run begins and ends. */
  _setMode(mode: 'blocking' | 'hosted' | null): void {
    this.mode = mode;
    this._givesThreadAway();
    if (mode !== null) this._onStart?.(mode === 'hosted');
    else {
      this.stopping = false;
      this.sendDeferred(); // last: it may throw a fatal error
    }
  }

  /** @internal What runs from here to the next iteration is not the loop's. */
  _givesThreadAway(): void {
    this.account.runEnds(this.clock.now());
  }

  /** @internal True while the loop runs beside libuv, where promises settle. */
  _isHosted(): boolean {
    return this.mode === 'hosted';
  }

  /** @internal True while something that is the loop's own can still make it move. */
  _hasWork(): boolean {
    return (
      this.ready.length > 0 ||
      this.timers.live > 0 ||
      this._beforeSleep !== null ||
      this.waitsOutside() ||
      this.stopping
    );
  }

  private waitsOutside(): boolean {
    const { readers, writers } = this._descriptors;
    return readers + writers + this._wakeSources > 0;
  }

  /** Gives back everything the loop holds; what is still scheduled will not run. Idempotent. Throws while the loop runs. */
  close(): void {
    if (this.mode !== null) throw new LoopError('ERR_LOOP_RUNNING', 'cannot close a running event loop');
    if (this.closed) return;
    try {
      for (const hook of this._closeHooks.splice(0)) hook();
    } finally {
      this.release(); // also when an exception handler, which a hook may call, threw a fatal error
    }
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

  /** Counters: iterations, what is scheduled, and where the time went. */
  statistics(): LoopStatistics {
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

  private schedule(whenMs: number, method: string, callback: Callback, args: unknown[]): TimedHandle {
    const timer = new TimedHandle(
      whenMs,
      this.timers.nextSequence(),
      this._timerCancelled,
      this.checked(callback, method),
      args,
      this._sourceOfCaller(),
    );
    this._schedule(timer);
    return timer;
  }

  private checked<C extends Callback>(callback: C, method: string): C {
    checkCallback(callback, method, this.getDebug());
    return callback;
  }
}

function checkedTime(value: number, method: string, name: string): number {
  if (typeof value !== 'number') throw wrongType(`${method}: ${name}`, 'a number of milliseconds', value);
  if (Number.isNaN(value)) throw outOfRange(`${method}: ${name}`, 'a number of milliseconds', value);
  return value;
}
