/** A loop in virtual time whose descriptors the test invents, and which records its requests to the kernel. */

import type { EventLoop } from 'selectloop';
import { MemorySelector, VirtualClock, virtualLoop as newVirtualLoop } from 'selectloop/testing';

export { VirtualClock };

/** A selector in memory that records its calls. */
export class RecordingSelector<D = unknown> extends MemorySelector<D> {
  /** The timeout of every wait of the loop so far; null: infinite. */
  readonly waits: Array<number | null> = [];
  /** The loop's requests to the kernel, such as `register 7 1`: the descriptor, and the events. */
  readonly calls: string[] = [];
  /** The number of calls of `close()`. */
  closings = 0;

  protected override registerDescriptor(fd: number, events: number): void {
    this.calls.push(`register ${fd} ${events}`);
    super.registerDescriptor(fd, events);
  }

  protected override modifyDescriptor(fd: number, events: number): void {
    this.calls.push(`modify ${fd} ${events}`);
    super.modifyDescriptor(fd, events);
  }

  protected override unregisterDescriptor(fd: number): void {
    this.calls.push(`unregister ${fd}`);
    super.unregisterDescriptor(fd);
  }

  protected override closeSelector(): void {
    this.closings += 1;
    super.closeSelector();
  }
}

/** A loop in virtual time, with its clock and its selector. */
export interface VirtualLoop extends Disposable {
  readonly loop: EventLoop;
  readonly clock: VirtualClock;
  readonly selector: RecordingSelector;
}

/** Makes a loop in virtual time; the registration of its wake-up descriptor is not in the records. Disposing closes it. */
export function virtualLoop(options: { debug?: boolean; startMs?: number } = {}): VirtualLoop {
  const { startMs, ...loopOptions } = options;
  const clock = new VirtualClock(startMs);
  const selector = new RecordingSelector();
  const loop = newVirtualLoop({ clock, selector, ...loopOptions });
  loop.addInstrument({
    beforeSelect: (timeoutMs) => selector.waits.push(timeoutMs === null ? null : Math.max(timeoutMs, 0)),
  });
  loop._pollInEveryIteration(); // so that each call of runOnce has its wait
  selector.calls.length = 0;
  return { loop, clock, selector, [Symbol.dispose]: () => loop.close() };
}
