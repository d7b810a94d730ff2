/**
 * The selector of a virtual loop. It is the only thing that moves the loop's clock.
 *
 * It wraps another selector. When the loop would wait until its next deadline, it polls the inner selector without waiting. If no
 * descriptor is ready, it sets the clock to exactly that deadline and returns, as if the time had passed. (The model is trio's MockClock
 * with autojump.) No wait takes real time, so a test does not depend on the load of the machine. Descriptors are real, so a test can still
 * use sockets.
 *
 * In a hosted run, Node may have pending events for which no descriptor of the loop is ready:
 *
 * - *Node has work now* (setImmediate, a libuv callback): libuv's timeout is 0, so the loop does not wait at all.
 * - *libuv has requests in flight*: file reads, name resolution, connects, crypto, zlib, an addon's work in the thread pool. They complete
 *   soon. If the clock jumped before that, a timeout around `fs.readFile` would always expire. So the clock stands still, and the loop
 *   waits for libuv.
 * - *libuv handles are open*: Node's timers, servers and sockets of node:net, message ports, child processes. They may never do anything
 *   (a test runner alone has several), so the clock does not wait for them. Node's own timers run in real time.
 *
 * An answer from another process or from a worker is none of these: nothing shows that it is pending. For such programs, `jumpAfterMs`
 * sets how much real time must pass without an event before the clock jumps.
 */

import { InvalidStateError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { Selector } from '../selectors/index.js';
import { MemorySelector } from './memory-selector.js';
import type { VirtualClock } from './virtual-clock.js';

/** The longest wait of a loop that has a timer, in milliseconds. */
const A_DAY = 24 * 3600 * 1000;

/** A selector that moves a clock instead of waiting. */
export class JumpingSelector<D = unknown> extends Selector<D> {
  private loop: LoopCore | null = null;

  /** @param inner the wrapped selector, which this one owns */
  constructor(
    private readonly inner: Selector,
    private readonly clock: VirtualClock,
    private readonly jumpAfterMs: number,
  ) {
    super();
  }

  /** Sets the loop whose next deadline is used. */
  attach(loop: LoopCore): void {
    this.loop = loop;
  }

  protected override registerDescriptor(fd: number, events: number): void {
    this.inner.register(fd, events);
  }

  protected override modifyDescriptor(fd: number, events: number): void {
    this.inner.modify(fd, events);
  }

  protected override unregisterDescriptor(fd: number): void {
    this.inner.unregister(fd);
  }

  protected override waitForEvents(timeoutMs: number, ready: Int32Array): number {
    const { loop } = this;
    if (timeoutMs === 0 || loop === null) return this.waitInRealTime(timeoutMs < 0 ? null : timeoutMs, ready);
    if (loop._isHosted() && this.inner instanceof MemorySelector) {
      throw new InvalidStateError(
        'a loop on a MemorySelector cannot run beside Node: run it blocking, or on descriptors',
      );
    }
    const libuvMs = loop._host?.timeoutMs ?? null;
    const target = this.target(loop, timeoutMs);
    const requests = loop._host?.activeRequests() ?? 0;
    if (target === null || requests > 0) return this.waitInRealTime(libuvMs, ready);

    const quietMs = libuvMs === null ? this.jumpAfterMs : Math.min(libuvMs, this.jumpAfterMs);
    const pairs = this.waitInRealTime(quietMs, ready);
    if (pairs === 0 && quietMs === this.jumpAfterMs) this.clock.jumpTo(target);
    return pairs;
  }

  protected override closeSelector(): void {
    this.inner.close();
  }

  /**
   * Returns the time at which a wait of `timeoutMs` ends; null if only a descriptor can end it.
   *
   * If a deadline ends the wait, this is the deadline itself: the current time plus the timeout could fall short of it, by a rounding error.
   * In a hosted run the timeout may be libuv's, which is in real time, so it is ignored. The timeout of a blocking `runOnce(timeoutMs)` is
   * not. A deadline of Infinity counts as none: the loop waits for it a day at a time, so the clock would jump by days indefinitely.
   */
  private target(loop: LoopCore, timeoutMs: number): number | null {
    const deadline = loop.statistics().nextDeadlineMs;
    const now = this.clock.now();
    if (deadline !== null && (loop._isHosted() || deadline - now <= timeoutMs)) {
      return deadline === Infinity ? null : deadline;
    }
    const endless = timeoutMs < 0 || loop._isHosted() || (deadline === Infinity && timeoutMs >= A_DAY);
    return endless ? null : now + timeoutMs;
  }

  /** Waits for at most `realMs` milliseconds of real time; null: without a limit. */
  private waitInRealTime(realMs: number | null, ready: Int32Array): number {
    let pairs = 0;
    this.inner.selectEach(realMs, (key, events) => {
      if (2 * pairs >= ready.length) return; // the next wait reports it again
      ready[2 * pairs] = key.fd;
      ready[2 * pairs + 1] = events;
      pairs += 1;
    });
    return pairs;
  }
}
