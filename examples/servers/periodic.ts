// a task in the background: something happens at regular times while the program does its work
// The next time is counted from the last one and not from now, so that the beats do not drift apart by what each of them takes.
// Watch the end: the background task belongs to a group with the work, and is cancelled when the work is done.

import { parseArgs } from 'node:util';

import { type Steps, getRunningLoop, sleep, taskGroup } from 'selectloop';

import { program } from '../support/program.js';
import { untilInterrupted } from './serving.js';

/** Calls `beat` every `everyMs`, until it is cancelled. A beat that comes too late is left out. */
export function* periodically(everyMs: number, beat: (number: number) => void): Steps<never> {
  const loop = getRunningLoop();
  const startMs = loop.time();
  for (let number = 1; ; number = Math.max(number, Math.floor((loop.time() - startMs) / everyMs)) + 1) {
    yield* sleep(startMs + number * everyMs - loop.time());
    beat(number);
  }
}

/** Works in pieces of `pieceMs`, with a heart that beats every `everyMs` meanwhile. */
export function* workWithHeartbeat(pieces: number, pieceMs: number, everyMs: number): Steps<void> {
  yield* taskGroup(function* (group) {
    const heart = group.createTask(periodically(everyMs, (number) => console.log(`beat ${number}`)));
    for (let piece = 1; piece <= pieces; piece += 1) {
      yield* sleep(pieceMs);
      console.log(`piece ${piece} of ${pieces} is done`);
    }
    heart.cancel();
  });
}

await program(import.meta, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      pieces: { type: 'string', default: '2' },
      'piece-ms': { type: 'string', default: '700' },
      'every-ms': { type: 'string', default: '300' },
    },
  });
  await untilInterrupted(() =>
    workWithHeartbeat(Number(values.pieces), Number(values['piece-ms']), Number(values['every-ms'])),
  );
});
