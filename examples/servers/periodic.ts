// A background task: a heartbeat at regular times while the program does its work.
// Due times are multiples of the interval, counted from the start, so that the heartbeat does not drift.
// Watch the end: the heartbeat and the work are in one task group, and the work cancels the heartbeat when it is done.

import { parseArgs } from 'node:util';

import { type Steps, getRunningLoop, sleep, taskGroup } from 'selectloop';

import { program } from '../support/program.js';
import { untilInterrupted } from './serving.js';

/** Calls `beat` every `everyMs` until it is cancelled. Skips beats whose due times have passed. */
export function* periodically(everyMs: number, beat: (number: number) => void): Steps<never> {
  const loop = getRunningLoop();
  const startMs = loop.time();
  for (let number = 1; ; number = Math.max(number, Math.floor((loop.time() - startMs) / everyMs)) + 1) {
    yield* sleep(startMs + number * everyMs - loop.time());
    beat(number);
  }
}

/** Does `pieces` pieces of work of `pieceMs` each, with a heartbeat every `everyMs`. */
export function* workWithHeartbeat(pieces: number, pieceMs: number, everyMs: number): Steps<void> {
  yield* taskGroup(function* (group) {
    const heartbeat = group.createTask(periodically(everyMs, (number) => console.log(`beat ${number}`)));
    for (let piece = 1; piece <= pieces; piece += 1) {
      yield* sleep(pieceMs);
      console.log(`piece ${piece} of ${pieces} is done`);
    }
    heartbeat.cancel();
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
