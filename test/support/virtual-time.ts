/**
 * Virtual time: a clock that moves only when the loop waits, and a selector that waits by moving it.
 *
 * A test of an hour of sleeping takes a millisecond, never sleeps, and cannot depend on how busy the machine is. The selector
 * knows no kernel: what is "ready" is what the test says, and what the loop asked for is written down.
 */

import { EventLoop, type EventLoopOptions, type Clock, Selector } from 'selectloop';

/** Rounds up to a nanosecond, as the kernel's waits do. Without it a sum of floating-point times could end just before its deadline. */
const roundUp = (ms: number): number => Math.ceil(ms * 1e6) / 1e6;

/** A clock that the test, or the selector, moves. */
export class VirtualClock implements Clock {
  private time: number;

  constructor(startMs = 0) {
    this.time = startMs;
  }

  now(): number {
    return this.time;
  }

  /** Moves the clock forward. RangeError for a negative or infinite step: time is monotonic. */
  advance(ms: number): void {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`expected a step forward in time, got ${ms}`);
    if (ms > 0) this.time = roundUp(this.time + ms);
  }
}

/** A selector in memory. Waiting advances the clock by the whole timeout, at once. */
export class MemorySelector<D = unknown> extends Selector<D> {
  /** The timeout of every wait so far; null: for ever. */
  readonly waits: Array<number | null> = [];
  /** What the loop asked of the kernel, such as `register 7 1`: the descriptor, and the events. */
  readonly calls: string[] = [];
  /** How often it was closed. */
  closings = 0;
  private readonly watched = new Map<number, number>();
  private readonly ready = new Map<number, number>();

  constructor(private readonly clock: VirtualClock) {
    super();
  }

  /** From now on the descriptor is ready for `events`; 0: for nothing. Readiness is a level: it stays until it is changed. */
  setReady(fd: number, events: number): void {
    if (events === 0) this.ready.delete(fd);
    else this.ready.set(fd, events);
  }

  /** Forgets what was recorded so far. */
  clearRecords(): void {
    this.waits.length = 0;
    this.calls.length = 0;
  }

  protected override registerDescriptor(fd: number, events: number): void {
    this.calls.push(`register ${fd} ${events}`);
    this.watched.set(fd, events);
  }

  protected override modifyDescriptor(fd: number, events: number): void {
    this.calls.push(`modify ${fd} ${events}`);
    this.watched.set(fd, events);
  }

  protected override unregisterDescriptor(fd: number): void {
    this.calls.push(`unregister ${fd}`);
    this.watched.delete(fd);
  }

  protected override waitForEvents(timeoutMs: number, ready: Int32Array): number {
    this.waits.push(timeoutMs < 0 ? null : timeoutMs);
    let pairs = 0;
    for (const [fd, wanted] of this.watched) {
      const events = (this.ready.get(fd) ?? 0) & wanted;
      if (events === 0 || 2 * pairs >= ready.length) continue;
      ready[2 * pairs] = fd;
      ready[2 * pairs + 1] = events;
      pairs += 1;
    }
    if (pairs > 0) return pairs;
    if (timeoutMs < 0) throw new Error('nothing is ready in memory, and the loop would wait for ever');
    this.clock.advance(timeoutMs);
    return 0;
  }

  protected override closeSelector(): void {
    this.closings += 1;
  }
}

/** A loop in virtual time, with the clock and the selector it was given. */
export interface VirtualLoop extends Disposable {
  readonly loop: EventLoop;
  readonly clock: VirtualClock;
  readonly selector: MemorySelector;
}

/** Makes a loop in virtual time; the registration of its own wake-up descriptor is not in the records. Disposing closes it. */
export function virtualLoop(options: Pick<EventLoopOptions, 'debug'> & { startMs?: number } = {}): VirtualLoop {
  const { startMs = 0, ...loopOptions } = options;
  const clock = new VirtualClock(startMs);
  const selector = new MemorySelector(clock);
  const loop = new EventLoop({ selector, clock, ...loopOptions });
  selector.clearRecords();
  return { loop, clock, selector, [Symbol.dispose]: () => loop.close() };
}
