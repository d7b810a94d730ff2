/** `npm run fuzz`: runs random programs of every kind, for any number of seeds or any length of time. */

import { campaign } from './campaign.js';
import { type FuzzSettings, USAGE, fuzzSettings } from './command-line.js';
import { fuzzerNamed } from './kinds.js';

const SHRINK_MS = 60_000;
const REPORT_MS = 10_000;

const secondsSince = (startMs: number): string => ((performance.now() - startMs) / 1000).toFixed(1);

/** What was run of one kind. */
interface Outcome {
  readonly line: string;
  readonly seeds: number;
  readonly failed: readonly string[];
}

async function runKind(name: string, { seed: first, seeds, all }: FuzzSettings, until: number): Promise<Outcome> {
  const fuzzer = fuzzerNamed(name);
  const startMs = performance.now();
  let saidMs = startMs;
  const settings = { first, count: seeds ?? Infinity, shrinkMs: SHRINK_MS, all, until };
  try {
    const result = await campaign(fuzzer, settings, (seed) => {
      if (performance.now() - saidMs < REPORT_MS) return;
      saidMs = performance.now();
      console.log(`${name}: ${seed - first} programs, ${secondsSince(startMs)} s`);
    });
    for (const { text } of result.failures) console.log(`\n${text}\n`);
    const range = `seeds ${first} to ${first + result.seeds - 1}`;
    const ran = `${name}: ${result.seeds} programs of ${result.parts} ${fuzzer.parts}, ${range}, ${secondsSince(startMs)} s`;
    const failed = result.failures.map(({ seed }) => `${name} (seed ${seed})`);
    return { line: `${ran}: ${failed.length === 0 ? 'no fault found' : 'FAILED'}`, seeds: result.seeds, failed };
  } finally {
    await fuzzer.close?.();
  }
}

async function main(settings: FuzzSettings): Promise<boolean> {
  const startMs = performance.now();
  const end = settings.minutes === null ? Infinity : startMs + settings.minutes * 60_000;
  const outcomes: Outcome[] = [];
  for (const [i, name] of settings.only.entries()) {
    // A kind leaves the unused part of its share to the kinds after it.
    const share = (end - performance.now()) / (settings.only.length - i);
    const outcome = await runKind(name, settings, performance.now() + share);
    console.log(outcome.line);
    outcomes.push(outcome);
  }
  const total = outcomes.reduce((sum, { seeds }) => sum + seeds, 0);
  const failed = outcomes.flatMap((outcome) => outcome.failed);
  const ran = `${total} programs of ${outcomes.length} ${outcomes.length === 1 ? 'kind' : 'kinds'} in ${secondsSince(startMs)} s`;
  console.log(failed.length === 0 ? `${ran}: no fault found` : `${ran}: FAILED in ${failed.join(', ')}`);
  return failed.length === 0;
}

function settingsOrExit(): FuzzSettings {
  try {
    return fuzzSettings(process.argv.slice(2));
  } catch (error) {
    console.error(`npm run fuzz: ${(error as Error).message.split('\n', 1)[0]}`);
    process.exit(2);
  }
}

const settings = settingsOrExit();
if (settings.help) console.log(USAGE);
else process.exit((await main(settings)) ? 0 : 1);
