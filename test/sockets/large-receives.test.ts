/** Large receives: a well-filled shared buffer is handed out, a less filled one is copied from. */

import { randomBytes } from 'node:crypto';

import { socketpair } from 'selectloop/sockets';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { moveAway } from '../support/moved.js';

const SHARED_BYTES = 64 * 1024;

let here: ReturnType<typeof socketpair>[0];
let there: typeof here;

beforeEach(() => {
  [here, there] = socketpair();
});

afterEach(() => {
  here.close();
  there.close();
});

/** Sends a message and receives it in one piece. */
function passed(length: number): { sent: Buffer; received: Buffer } {
  const sent = randomBytes(length);
  there.sendAll(sent);
  return { sent, received: here.recv(256 * 1024) };
}

describe('a received message that is kept', () => {
  const lengths = [1, 5000, 32_767, 32_768, 40_000, 65_535, SHARED_BYTES];

  it('is not overwritten by the next receive, whatever the lengths of the two', () => {
    const all = lengths.flatMap((first) => lengths.flatMap((second) => [passed(first), passed(second)]));
    for (const { sent, received } of all) expect(received.equals(sent)).toBe(true);
  });

  it("takes at most twice its size in memory, unless it is small enough for Buffer's pool", () => {
    for (const length of lengths) {
      const { byteLength } = passed(length).received.buffer;
      if (length >= Buffer.poolSize / 2) expect(byteLength, `${length} bytes`).toBeLessThanOrEqual(2 * length);
    }
  });

  it('is not affected when another message is transferred to a worker without a copy', () => {
    const [first, second, third] = [passed(60_000), passed(60_000), passed(5000)];
    moveAway(second.received);
    expect(second.received.length).toBe(0);
    const fourth = passed(60_000);
    for (const { sent, received } of [first, third, fourth]) expect(received.equals(sent)).toBe(true);
  });
});
