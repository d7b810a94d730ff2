/** Compares the outcomes of both sides, and says when a difference is one of timing. */

import { isDeepStrictEqual } from 'node:util';

import { expect } from 'vitest';

import { byEmitter } from './recorder.js';
import type { Scenario } from './scenario.js';
import type { Outcome } from './sides.js';

/** On a busy machine, events of two emitters may change places a few times in a row. */
const MOST_PLAYS = 6;

type Play = (scenario: Scenario) => Promise<Outcome>;

/** Plays a scenario by Node alone, once for all the comparisons with it. */
export class Comparison {
  private expected: Outcome | null = null;

  /** @param onNode plays a scenario by Node alone */
  constructor(
    private readonly scenario: Scenario,
    private readonly onNode: Play,
  ) {}

  /**
   * Fails unless `onOurs` does the same as Node.
   *
   * The events of each emitter have to be the same, in the same order. Between two emitters Node promises no order: what the process finds ready
   * together depends on when it is scheduled. So outcomes that differ only by that are played again, on both sides, until the
   * complete order has been the same once. A scenario that depends on time is played again with longer times.
   */
  async with(onOurs: Play, name: string): Promise<void> {
    let { scenario } = this;
    this.expected ??= await this.onNode(scenario);
    let expected = this.expected;
    let actual = await onOurs(scenario);
    for (let plays = 1; plays < MOST_PLAYS && !isDeepStrictEqual(actual, expected); plays += 1) {
      if (scenario.slower === undefined)
        expect(withoutInterleaving(actual), name).toEqual(withoutInterleaving(expected));
      scenario = scenario.slower ?? scenario;
      expected = await this.onNode(scenario);
      actual = await onOurs(scenario);
    }
    expect(actual, name).toEqual(expected);
  }
}

function withoutInterleaving({ server, closing, clients }: Outcome): object {
  return { server: byEmitter(server), closing: closing.toSorted(), clients };
}
