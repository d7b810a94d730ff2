/**
 * Runs one kind of cycle in a separate process.
 *
 *     node --expose-gc cycles.mjs KIND MODE CYCLES
 *
 * Measures the process after a tenth of the cycles, after half of them, and at the end. Prints JSON: `{ cycle }` now and then, and finally
 * `{ samples }`.
 */

import { writeSync } from 'node:fs';

import { run, runSync, sleep } from 'selectloop';

import { childProcesses, openDescriptors, threadCount } from '../campaign/processes.mjs';
import { KINDS } from './kinds.mjs';

const [kind, mode, cycles] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const { body, outside } = KINDS[kind];
const PROGRESS_MS = 300;
const SETTLE_MS = 100;

const print = (value) => writeSync(1, `${JSON.stringify(value)}\n`);
const samples = [];
const sampleAt = new Set([Math.ceil(cycles / 10), Math.ceil(cycles / 2), cycles]);
let printedMs = performance.now();

function measure(cycle) {
  // The second collection frees what the finalisers of the first have released.
  for (let i = 0; i < 3; i += 1) globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  samples.push({
    cycle,
    descriptors: openDescriptors().size,
    threads: threadCount(),
    children: childProcesses().length,
    heap: heapUsed + external,
    rss,
  });
}

function progress(cycle) {
  if (performance.now() - printedMs < PROGRESS_MS) return;
  printedMs = performance.now();
  print({ cycle });
}

function* repeat(one) {
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    yield* one(cycle);
    progress(cycle);
    if (!sampleAt.has(cycle)) continue;
    yield* sleep(SETTLE_MS);
    measure(cycle);
  }
}

const startMs = performance.now();
if (body !== undefined) {
  const main = () => body(repeat);
  if (mode === 'blocking') runSync(main);
  else await run(main);
} else {
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    await outside[mode](cycle);
    progress(cycle);
    if (!sampleAt.has(cycle)) continue;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    measure(cycle);
  }
}
print({ samples, seconds: (performance.now() - startMs) / 1000 });
process.exit(0);
