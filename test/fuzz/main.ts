/** `npm run fuzz`: runs random programs over every kind of transport, for any number of seeds. */

import { parseArgs } from 'node:util';

import { campaign } from './campaign.js';
import { media, mediumNamed } from './media.js';

const USAGE = `npm run fuzz -- [--seeds N] [--seed S] [--transport NAME ...] [--all]

  --seeds N           how many programs for each transport (default 500)
  --seed S            the seed of the first one (default 1)
  --transport NAME    ${media.map(({ name }) => name).join(', ')} (default: each)
  --all               go on after a failure, and show one program for each kind of fault`;

const SHRINK_MS = 60_000;
const REPORT_MS = 5000;

function settings(): { seeds: number; seed: number; names: readonly string[]; all: boolean } {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      transport: { type: 'string', multiple: true, default: media.map(({ name }) => name) },
      all: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const [seeds, seed] = [Number(values.seeds), Number(values.seed)];
  if (!Number.isInteger(seeds) || seeds < 1)
    throw new RangeError(`--seeds: expected an integer ≥ 1, got ${values.seeds}`);
  if (!Number.isInteger(seed)) throw new RangeError(`--seed: expected an integer, got ${values.seed}`);
  for (const name of values.transport) mediumNamed(name);
  return { seeds, seed, names: values.transport, all: values.all };
}

async function main(): Promise<void> {
  const { seeds, seed: first, names, all } = settings();
  const startMs = performance.now();
  const failed: string[] = [];
  let total = 0;
  for (const name of names) {
    const startedMs = performance.now();
    let saidMs = startedMs;
    console.log(`${name}: seeds ${first} to ${first + seeds - 1}`);
    const options = { first, count: seeds, shrinkMs: SHRINK_MS, all };
    const failures = await campaign(mediumNamed(name), options, (seed) => {
      total += 1;
      if (performance.now() - saidMs < REPORT_MS) return;
      saidMs = performance.now();
      console.log(`${name}: ${seed - first} of ${seeds}, ${((saidMs - startedMs) / 1000).toFixed(1)} s`);
    });
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    if (failures.length === 0) console.log(`${name}: every promise was kept, ${seconds} s`);
    for (const { seed, text } of failures) {
      failed.push(`${name} (seed ${seed})`);
      console.log(`\n${text}\n`);
    }
  }
  const ran = `${total} programs over ${names.join(', ')} in ${((performance.now() - startMs) / 1000).toFixed(1)} s`;
  console.log(failed.length === 0 ? `${ran}: no fault found` : `${ran}: FAILED over ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
