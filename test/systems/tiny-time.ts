/** Runs programs of `examples/tiny` in virtual time: ten seconds pass at once, and no busy machine changes their order. */

import { MemorySelector, VirtualClock } from 'selectloop/testing';

import { EventLoop, type Steps, run } from '../../examples/tiny/tiny.js';

/** Where it would wait, the clock moves. */
class SkippingSelector<D> extends MemorySelector<D> {
  constructor(private readonly clock: VirtualClock) {
    super();
  }

  protected override waitForEvents(timeoutMs: number, ready: Int32Array): number {
    const pairs = super.waitForEvents(timeoutMs, ready);
    if (pairs === 0) this.clock.advance(timeoutMs);
    return pairs;
  }
}

/** As tiny's `run`, on a loop whose waits take no time. */
export function runVirtually<T>(main: () => Steps<T>): T {
  const clock = new VirtualClock();
  return run(main, new EventLoop(new SkippingSelector(clock), clock));
}
