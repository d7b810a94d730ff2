/**
 * The random decisions of a run.
 *
 * Each purpose has a separate sequence, so that one more decision about a fault does not change those about the network. A decision whose
 * outcome is not the harmless one is a change, and is recorded. When a failing seed is shrunk, all changes but some are suppressed: the
 * seed then makes the same decisions, and they come out harmless.
 */

import { randomNumberAt, seedFor } from '../../collections/random-numbers.js';

/** A decision that did not come out harmless. */
export interface Change {
  /** What the decision is about, and its number among those: its name in every run of the seed. */
  readonly stream: Stream;
  readonly number: number;
  readonly atNs: number;
  /** Describes it: "the reset of client → server". */
  readonly text: () => string;
}

export const keyOf = ({ stream, number }: Change): string => `${stream.purpose} ${number}`;

export class Draws {
  readonly changes: Change[] = [];
  private readonly streams = new Map<string, Stream>();
  private stopped = false;

  /**
   * @param kept the keys of the changes that are not suppressed; null: none is
   * @param now returns the time in nanoseconds
   */
  constructor(
    private readonly seed: number,
    private readonly kept: ReadonlySet<string> | null,
    private readonly now: () => number,
  ) {}

  /** The decisions of one purpose. */
  about(purpose: string): Stream {
    let stream = this.streams.get(purpose);
    if (stream === undefined) {
      stream = new Stream(this, purpose, seedFor(this.seed, purpose));
      this.streams.set(purpose, stream);
    }
    return stream;
  }

  /** From now on, every decision comes out harmless. */
  stop(): void {
    this.stopped = true;
  }

  /** Records a change. Returns false if it is suppressed. @internal */
  admit(stream: Stream, number: number, text: () => string): boolean {
    if (this.stopped) return false;
    const change = { stream, number, atNs: this.now(), text };
    if (this.kept !== null && !this.kept.has(keyOf(change))) return false;
    this.changes.push(change);
    return true;
  }
}

/** The sequence of decisions of one purpose. */
export class Stream {
  private count = 0;

  constructor(
    private readonly draws: Draws,
    readonly purpose: string,
    private readonly seed: number,
  ) {}

  /** Decides whether something happens. Harmless: it does not. */
  happens(probability: number, text: () => string): boolean {
    if (probability <= 0) return false;
    const number = this.next();
    return randomNumberAt(this.seed, number) < probability && this.draws.admit(this, number, text);
  }

  /** Chooses an integer from 0 to `most`. Harmless: 0. */
  upTo(most: number, text: (chosen: number) => string): number {
    if (most <= 0) return 0;
    const number = this.next();
    const chosen = Math.floor(randomNumberAt(this.seed, number) * (most + 1));
    return chosen > 0 && this.draws.admit(this, number, () => text(chosen)) ? chosen : 0;
  }

  /** Returns a number from 0 to just below 1, for a program: it is not a decision about faults, and is never suppressed. */
  number(): number {
    return randomNumberAt(this.seed, this.next());
  }

  /** Returns a detail of the last decision, from 1 to `most`: how many bytes, which error. */
  detail(most: number): number {
    return 1 + Math.floor(randomNumberAt(~this.seed, this.count) * most);
  }

  private next(): number {
    return this.count++;
  }
}
