/**
 * A loop that stands still for a while, in the middle of echoes and timers: nothing is lost, no timer fires twice or early, and what was
 * missed is not made up for by a burst.
 *
 *     node run-paused.mjs MODE SELECTOR
 *
 * Prints `ready`, and ends 300 ms after a pause of at least a second, which the parent makes: it stops the process, or attaches a debugger.
 */

import { writeSync } from 'node:fs';

import { createTask, getRunningLoop, openConnection, run, runSync, sleep, startServer } from 'selectloop';

const [mode, selector] = process.argv.slice(2);
const TICK_MS = 10;

function* main() {
  const server = yield* startServer(
    function* (reader, writer) {
      for (let data; (data = yield* reader.read(1000)).length > 0;) writer.write(data);
      writer.close();
    },
    '127.0.0.1',
    0,
  );
  const loop = getRunningLoop();
  const state = { echoes: 0, ticks: 0, fired: 0, longestMs: 0, pausedAt: 0 };
  const due = loop.time() + 50;
  loop.callLater(50, () => {
    state.fired += 1;
    if (loop.time() < due) throw new Error('a timer has fired early');
  });
  const echoing = createTask(function* () {
    const { reader, writer } = yield* openConnection('127.0.0.1', server.port);
    for (;;) {
      writer.write(Buffer.from('sixteen bytes...'));
      yield* reader.readExactly(16);
      state.echoes += 1;
      yield* sleep(TICK_MS);
    }
  });
  writeSync(1, 'ready\n');
  let before = performance.now();
  while (state.longestMs < 1000) {
    yield* sleep(TICK_MS);
    state.ticks += 1;
    state.longestMs = Math.max(state.longestMs, performance.now() - before);
    before = performance.now();
  }
  const atPause = { ...state };
  yield* sleep(300);
  if (state.fired !== 1) throw new Error(`a timer has fired ${state.fired} times`);
  const later = state.echoes - atPause.echoes;
  if (later === 0) throw new Error('the connection has not survived the pause');
  if (later > 300 / TICK_MS + 3) throw new Error(`${later} echoes in 300 ms: a burst after the pause`);
  if (echoing.done()) echoing.result();
  echoing.cancel();
  server.close();
  return state;
}

const cpu = process.cpuUsage();
const state = mode === 'blocking' ? runSync(main, { selector }) : await run(main, { selector });
const { user, system } = process.cpuUsage(cpu);
const cpuMs = (user + system) / 1000;
if (cpuMs > 1000) throw new Error(`${cpuMs} ms of CPU: a spin`);
writeSync(1, `${JSON.stringify({ ...state, cpuMs })}\n`);
process.exit(0);
