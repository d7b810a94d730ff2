/**
 * The driver: gives the hosts their turns, in an order that the seed chooses, and lets time pass when none of them has anything to do.
 *
 * A round is one iteration of each loop that has something to do. When none has, the clock moves to whatever comes first: an event of the
 * kernel (a packet that arrives), a deadline of a loop, the end of a stall, or an action of the test.
 */

import { DeadlockError, TimeoutError } from '../../errors/index.js';
import { NANOSECONDS_PER_MS } from '../time/clock.js';
import type { Stream } from './draws.js';
import type { Machine } from './machine.js';
import type { RunningWorld } from './world.js';

/** So many rounds in which no time passes are a program that never waits. */
const MOST_ROUNDS = 100_000;
const LONGEST_STALL_MS = 500;

export class Driver {
  private rounds = 0;
  private orders: Stream | null = null;
  /** The iterations of all hosts. */
  turns = 0;

  /** @param slowHosts the probability that a host stalls after a turn */
  constructor(
    private readonly world: RunningWorld,
    private readonly slowHosts: number,
  ) {}

  /**
   * Runs until `isOver` returns true, or the world has a failure.
   *
   * @param limitNs the longest time to run
   */
  drive(isOver: () => boolean, limitNs: number): void {
    const { world } = this;
    const untilNs = world.kernel.clock.now + limitNs;
    while (world.failure === null && !isOver()) {
      let busy = this.act();
      for (const machine of this.order()) {
        if (world.failure !== null || machine.state !== 'running') continue;
        this.turn(machine);
        busy = true;
      }
      world.leave();
      if (busy) this.countRound();
      else if (world.failure === null) this.letTimePass(untilNs, limitNs);
    }
  }

  /** Runs the actions of the test that are due. Returns true if there were any. */
  private act(): boolean {
    const { world } = this;
    let acted = false;
    while (world.failure === null && (world.actions.nextTime ?? Infinity) <= world.kernel.clock.now) {
      try {
        world.actions.take()!();
      } catch (error) {
        world.failed(null, error);
      }
      world.kernel.finished(0); // what it has sent over links without latency
      world.check();
      acted = true;
    }
    return acted;
  }

  /** The hosts that have something to do, in a random order. */
  private order(): readonly Machine[] {
    const { world } = this;
    const { now } = world.kernel.clock;
    const rest = this.running.filter(({ nextNs }) => nextNs !== null && nextNs <= now);
    if (rest.length < 2) return rest;
    const order: Machine[] = [];
    this.orders ??= world.draws.about('order of hosts');
    while (rest.length > 1) {
      const names = rest.map(({ name }) => name);
      const index = this.orders.upTo(rest.length - 1, (chosen) => `${names[chosen]!} runs before ${names[0]!}`);
      order.push(...rest.splice(index, 1));
    }
    return [...order, ...rest];
  }

  /** Runs an iteration of a host. */
  private turn(machine: Machine): void {
    const { world } = this;
    this.turns += 1;
    try {
      machine.turn();
    } catch (error) {
      world.failed(machine, error);
    }
    world.check();
    if (this.slowHosts > 0) this.slowDown(machine);
  }

  private slowDown(machine: Machine): void {
    const { world } = this;
    const stream = world.draws.about(`slow host ${machine.name}`);
    let delayMs = 0;
    if (!stream.happens(this.slowHosts, () => `${machine.name} does not run for ${delayMs} ms`)) return;
    delayMs = stream.detail(LONGEST_STALL_MS);
    world.stallFor(machine, delayMs * NANOSECONDS_PER_MS);
  }

  private countRound(): void {
    this.rounds += 1;
    if (this.rounds < MOST_ROUNDS) return;
    const error = new Error(`time has stood still for ${MOST_ROUNDS} iterations: a program never waits`);
    this.world.failed(null, error);
  }

  /** Moves the clock to the next event. A world in which nothing can happen, or whose time is over, has failed. */
  private letTimePass(untilNs: number, limitNs: number): void {
    this.rounds = 0;
    const { world } = this;
    const { clock } = world.kernel;
    const times = [clock.nextTime, world.actions.nextTime, ...this.running.map(({ nextNs }) => nextNs)];
    const next = Math.min(...times.map((time) => time ?? Infinity));
    if (next === Infinity) {
      world.failed(null, new DeadlockError(`nothing can happen any more: ${this.waiting()}`));
    } else if (next > untilNs) {
      const limitMs = limitNs / NANOSECONDS_PER_MS;
      world.failed(null, new TimeoutError(`expected the run to end within ${limitMs} ms, waiting: ${this.waiting()}`));
    } else {
      // A deadline between two nanoseconds may be due only in the next one.
      clock.advance(Math.max(next, clock.now + 1));
    }
  }

  private get running(): Machine[] {
    return this.world.machines.filter(({ state }) => state === 'running');
  }

  private waiting(): string {
    const { running } = this;
    return running.length === 0 ? 'no host runs' : running.map(({ waiting }) => waiting).join('; ');
  }
}
