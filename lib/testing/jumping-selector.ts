/**
 * The one place where virtual time moves.
 *
 * A selector around another one. Where the loop would wait for its next deadline, this one looks whether anything is ready at
 * this moment, and if not, moves the clock to exactly that deadline and returns as if the time had passed. (trio's MockClock with
 * its autojump is the model.) Nothing is ever waited for by the clock of the wall, so a test cannot depend on how busy the
 * machine is; descriptors are real, so it can still talk to a socket.
 *
 * In a hosted run there is more that may be about to happen than our descriptors show:
 *
 * - *Node has something to do now* (setImmediate, a callback of libuv): libuv's timeout is 0, so the loop does not wait at all.
 * - *libuv has requests under way*: reads of files, look-ups of names, connects, crypto, zlib, an addon's work in the thread pool.
 *   They end by themselves, and soon. If the clock jumped meanwhile, a timeout around `fs.readFile` would always expire. So it
 *   stands still, and the loop waits for libuv.
 * - *Handles of libuv* are open: Node's timers, servers and sockets of node:net, message ports, children. They may never do
 *   anything (a test runner alone has several), so the clock does not wait for them. Node's own timers go by real time.
 *
 * An answer from outside the process, or from a worker, is none of these: nothing tells that it is on its way. For that there is
 * `jumpAfterMs`: so much real time must pass without anything happening before the clock jumps.
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

  /** Owns `inner`. */
  constructor(
    private readonly inner: Selector,
    private readonly clock: VirtualClock,
    private readonly jumpAfterMs: number,
  ) {
    super();
  }

  /** The loop that waits here: it knows the next deadline. */
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
    if (timeoutMs === 0 || loop === null) return this.look(timeoutMs, ready);
    if (loop._isHosted() && this.inner instanceof MemorySelector) {
      throw new InvalidStateError(
        'a loop on a MemorySelector cannot run beside Node: run it blocking, or on descriptors',
      );
    }
    const libuvMs = loop._host?.timeoutMs ?? -1;
    const target = this.target(loop, timeoutMs);
    if (target === null || (loop._host !== null && loop._host.activeRequests() > 0)) return this.look(libuvMs, ready);

    const quietMs = libuvMs < 0 ? this.jumpAfterMs : Math.min(libuvMs, this.jumpAfterMs);
    const pairs = this.look(quietMs, ready);
    if (pairs === 0 && quietMs === this.jumpAfterMs) this.clock.jumpTo(target);
    return pairs;
  }

  protected override closeSelector(): void {
    this.inner.close();
  }

  /**
   * Where a wait of `timeoutMs` ends; null if only a descriptor could end it.
   *
   * The deadline itself is taken, and not the present plus the timeout: in floating point that may fall short of it. A hosted
   * loop's timeout is cut to libuv's, which goes by real time and does not count here; that of `runOnce(timeoutMs)` does. A
   * timer at infinity is none: the loop would wait for it a day at a time, and the clock jump a day at a time for ever.
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

  /** Waits in reality; negative: for ever. */
  private look(realMs: number, ready: Int32Array): number {
    let pairs = 0;
    this.inner.selectEach(realMs < 0 ? null : realMs, (key, events) => {
      if (2 * pairs >= ready.length) return; // it is reported again next time
      ready[2 * pairs] = key.fd;
      ready[2 * pairs + 1] = events;
      pairs += 1;
    });
    return pairs;
  }
}
