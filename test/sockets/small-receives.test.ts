/** Small receives are views of slabs that many messages share: bytes handed out must never change. */

import { randomBytes, randomInt } from 'node:crypto';

import { run, runSync, sockRecv, sockSendAll, socketpair } from 'selectloop';
import { expect, it } from 'vitest';

import { moveAway } from '../support/moved.js';

it('kept messages do not change, small and large ones mixed', () => {
  runSync(function* () {
    const [here, there] = socketpair();
    here.setBlocking(false);
    there.setBlocking(false);
    const sent: Buffer[] = [];
    const received: Buffer[] = [];
    for (let i = 0; i < 2000; i += 1) {
      const message = randomBytes(i % 50 === 0 ? randomInt(4000, 60_000) : randomInt(1, 300));
      sent.push(message);
      yield* sockSendAll(there, message);
      for (let left = message.length; left > 0;) {
        const piece = yield* sockRecv(here, 256 * 1024);
        received.push(piece);
        left -= piece.length;
      }
    }
    expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true);
    here.close();
    there.close();
  });
});

it('a receive waits for the next message, and finds one that arrived with the rest of the previous one', async () => {
  await run(async () => {
    const [here, there] = socketpair();
    here.setBlocking(false);
    there.setBlocking(false);
    const pieces: string[] = [];
    for (const message of ['one', 'two', 'three']) {
      await sockSendAll(there, Buffer.from(message));
      pieces.push((await sockRecv(here, 2)).toString());
      if (message.length > 2) pieces.push((await sockRecv(here, 100)).toString());
    }
    there.close();
    pieces.push((await sockRecv(here, 100)).toString());
    expect(pieces).toEqual(['on', 'e', 'tw', 'o', 'th', 'ree', '']);
    here.close();
  });
});

it('a message transferred to a worker leaves other messages intact', () => {
  runSync(function* () {
    const [here, there] = socketpair();
    here.setBlocking(false);
    there.setBlocking(false);
    const received: Buffer[] = [];
    for (const message of ['first', 'second', 'third']) {
      yield* sockSendAll(there, Buffer.from(message));
      received.push(yield* sockRecv(here, 100));
    }
    moveAway(received[1]!);
    yield* sockSendAll(there, Buffer.from('fourth'));
    received.push(yield* sockRecv(here, 100));
    expect(received.map(String)).toEqual(['first', expect.any(String), 'third', 'fourth']);
    here.close();
    there.close();
  });
});
