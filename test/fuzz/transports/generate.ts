/** Generates a program from a seed. */

import type { Medium } from './media.js';
import { LONGEST_STREAM } from './pattern.js';
import { type Action, type Callback, type EndName, type Item, type Program, type Shape, type Side } from './program.js';
import { Random } from '../random.js';

/** The most bytes in one direction, not counting answers. */
const MOST_BYTES = LONGEST_STREAM / 2;

const CALLBACKS: ReadonlyArray<readonly [number, Callback]> = [
  [5, 'dataReceived'],
  [2, 'getBuffer'],
  [2, 'eofReceived'],
  [2, 'pauseWriting'],
  [2, 'resumeWriting'],
  [1, 'connectionLost'],
  [1, 'connectionMade'],
];

/** Makes the program of one seed. */
export class Generator {
  private readonly random: Random;
  private readonly items: Item[] = [];
  private readonly connections: number;
  private readonly planned = new Map<string, number>();

  constructor(
    private readonly medium: Medium,
    private readonly seed: number,
  ) {
    this.random = new Random(seed);
    const { fewest, most } = medium.connections;
    this.connections = this.random.between(fewest, most);
  }

  program(): Program {
    const { random, medium, seed, connections, items } = this;
    const loop = medium.loops[seed % medium.loops.length]!;
    for (const end of this.allEnds()) if (random.chance(0.6)) items.push({ at: 'shape', end, shape: this.shape(end) });
    if (random.chance(0.6)) for (let i = random.between(1, 3); i > 0; i -= 1) this.hook();
    // Some connections carry a single message, and end before either side has read anything.
    const brief = random.chance(0.25);
    const steps = brief ? random.between(0, 2) : random.between(3, 22);
    for (let i = 0; i < steps; i += 1) this.step();
    if (random.chance(0.6)) this.ending(brief);
    return { seed, transport: medium.name, loop: loop.name, connections, items };
  }

  // --- Steps --------------------------------------------------------------------------------------------------------

  private step(): void {
    const { random, items, connections } = this;
    if (connections > 1 && random.chance(0.6)) this.together();
    else {
      const end = this.anyEnd();
      items.push({ at: 'step', end, action: this.action(end) });
    }
    if (random.chance(0.5))
      items.push({
        at: 'turns',
        count: random.weighted([
          [6, 1],
          [2, 2],
          [1, random.between(3, 12)],
        ]),
      });
    if (random.chance(0.1)) items.push({ at: 'drain', end: this.anyEnd() });
    if (random.chance(0.04)) items.push({ at: 'settle' });
  }

  /** One end of each connection writes a little in the same iteration, so that all peers become ready together. */
  private together(): void {
    const { random, items } = this;
    const side = random.pick(['a', 'b'] as const);
    const size = random.weighted([
      [6, random.between(1, 200)],
      [1, random.between(1, 5000)],
    ]);
    for (let connection = 0; connection < this.connections; connection += 1) {
      if (random.chance(0.1)) continue;
      items.push({ at: 'step', end: { connection, side }, action: { do: 'write', size } });
    }
  }

  /** An orderly end with bytes in flight, because the last bytes written are the first that a faulty close loses. */
  private ending(brief: boolean): void {
    const { random, items } = this;
    for (let connection = 0; connection < this.connections; connection += 1) {
      const side: Side = this.medium.oneWay ? 'a' : random.pick(['a', 'b']);
      const end = { connection, side };
      if (!brief) items.push({ at: 'settle' });
      const size = random.chance(0.5) ? this.bigSize() : this.size(end);
      const actions: Action[] = [{ do: 'write', size }];
      if (random.chance(0.3)) actions.push(this.write(end));
      actions.push({ do: random.pick(['close', 'writeEof']) });
      if (random.chance(0.25)) this.closeWhenLittleIsLeft(end);
      const early = brief && this.medium.unannounced !== true && random.chance(0.5);
      for (const action of actions) {
        if (early) items.push({ at: 'call', of: end, callback: 'connectionMade', nth: 1, end, action });
        else items.push({ at: 'step', end, action });
      }
    }
  }

  /** Closes at the moment when only the last bytes are unsent. Most other closes come before or after it. */
  private closeWhenLittleIsLeft(end: EndName): void {
    const low = this.random.between(1, 20_000);
    const action: Action = { do: this.random.pick(['close', 'writeEof']) };
    this.items.push({ at: 'step', end, action: { do: 'setLimits', high: low, low } });
    this.items.push({ at: 'call', of: end, callback: 'resumeWriting', nth: this.random.between(1, 2), end, action });
    this.items.push({ at: 'step', end, action: { do: 'write', size: this.bigSize() } });
    this.items.push({ at: 'drain', end });
  }

  /** Returns more bytes than the kernel accepts, unless there are many connections. */
  private bigSize(): number {
    return this.connections > 1 ? this.random.between(10_000, 100_000) : this.random.between(300_000, 1_500_000);
  }

  // --- Parts --------------------------------------------------------------------------------------------------------

  private hook(): void {
    const { random, items } = this;
    const of = this.anyEnd();
    const callback = random.weighted(CALLBACKS);
    const made = callback === 'connectionMade';
    const end = made || random.chance(0.7) ? of : this.anyEnd();
    const throws = !made && random.chance(0.25);
    const action: Action = throws ? { do: 'throw' } : this.action(end);
    if (callback === 'getBuffer' && action.do === 'setProtocol') return; // "between two messages", says its contract
    items.push({ at: 'call', of, callback, nth: random.between(1, made ? 1 : 4), end, action });
  }

  private action(end: EndName): Action {
    const { random } = this;
    const reads: Action['do'] = random.pick(['pauseReading', 'resumeReading']);
    return random.weighted<() => Action>([
      [12, () => this.write(end)],
      [5, () => ({ do: reads })],
      [1, () => ({ do: 'writeEof' })],
      [1, () => ({ do: 'close' })],
      [0.5, () => ({ do: 'abort' })],
      [1, () => ({ do: 'setProtocol', shape: this.shape(end) })],
      [1, () => this.limits()],
    ])();
  }

  private write(end: EndName): Action {
    const { random } = this;
    if (!this.mayWrite(end)) return { do: 'resumeReading' };
    return random.weighted<() => Action>([
      [6, () => ({ do: 'write', size: this.size(end) })],
      [2, () => ({ do: 'writelines', sizes: Array.from({ length: random.between(0, 5) }, () => this.size(end)) })],
      [2, () => ({ do: 'burst', count: random.between(2, 30), size: random.between(1, 400) })],
    ])();
  }

  private mayWrite({ side }: EndName): boolean {
    return !this.medium.oneWay || side === 'a';
  }

  private size({ connection, side }: EndName): number {
    const { random, planned } = this;
    const small = this.connections > 1 ? 4 : 1;
    const size = random.weighted([
      [1, 0],
      [5 * small, random.between(1, 64)],
      [3 * small, random.between(65, 4096)],
      [3, random.between(4097, 70_000)],
      [2, random.between(70_000, 400_000)],
      [0.3, random.between(400_000, 2_000_000)],
    ]);
    const key = `${connection}${side}`;
    const before = planned.get(key) ?? 0;
    if (before + size > MOST_BYTES) return random.between(1, 64);
    planned.set(key, before + size);
    return size;
  }

  private limits(): Action {
    const high = this.random.weighted([
      [2, 0],
      [2, this.random.between(1, 5000)],
      [2, this.random.between(5000, 500_000)],
    ]);
    return { do: 'setLimits', high, low: this.random.chance(0.5) ? 0 : this.random.between(0, high) };
  }

  private shape(end: EndName): Shape {
    const { random } = this;
    const buffered = random.weighted([
      [4, null],
      [2, random.between(1, 300)],
      [2, random.between(300, 70_000)],
    ]);
    // Only one side answers, because two would never stop.
    const answering = end.side === 'b' && this.mayWrite(end) && random.chance(this.connections > 1 ? 0.6 : 0.3);
    const answers = answering ? random.between(1, random.chance(0.3) ? 4000 : 300) : 0;
    return { buffered, keepsOpen: random.chance(0.5), answers };
  }

  private anyEnd(): EndName {
    return this.random.pick(this.allEnds());
  }

  private allEnds(): EndName[] {
    return Array.from({ length: 2 * this.connections }, (_, i) => ({
      connection: i >> 1,
      side: i % 2 === 0 ? 'a' : 'b',
    }));
  }
}
