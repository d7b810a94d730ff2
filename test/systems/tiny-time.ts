/** Runs programs of `examples/tiny` in virtual time: ten seconds take no time, and the order does not depend on the machine. */

import { MemorySelector, VirtualClock } from 'selectloop/testing';

import { EventLoop, type Steps, run } from '../../examples/tiny/tiny.js';

/** Advances the clock instead of waiting. */
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

/** Like `run` of tiny.ts, on a loop whose waits take no time. */
export function runVirtually<T>(main: () => Steps<T>): T {
  const clock = new VirtualClock();
  return run(main, new EventLoop(new SkippingSelector(clock), clock));
}
