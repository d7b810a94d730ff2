/** All kinds of fuzzers by name, and how the suite runs them. */

import { type Fuzzer, campaign } from './campaign.js';
import { hostileFuzzers } from './hostile/fuzzer.js';
import { kernelFuzzer } from './kernel/fuzzer.js';
import { pythonFuzzers } from './python/fuzzer.js';
import { splitFuzzer } from './splits/fuzzer.js';
import { transportFuzzers } from './transports/fuzzer.js';

/** Programs of different kinds have different types. Only the fuzzer that has made one gets it back. */
type AnyFuzzer = Fuzzer<never>;

export const kinds = [
  ...hostileFuzzers,
  splitFuzzer,
  kernelFuzzer,
  ...pythonFuzzers,
  ...transportFuzzers,
] as readonly unknown[] as readonly AnyFuzzer[];

/** Returns the fuzzer of a kind. @throws RangeError if there is none */
export function fuzzerNamed(name: string): Fuzzer {
  const found = kinds.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new RangeError(`--only: expected ${kinds.map((each) => each.name).join(', ')}, got ${JSON.stringify(name)}`);
}

/** Runs the first seeds of a kind. Throws the report of a failing program. */
export async function findsNothing(name: string, count: number): Promise<void> {
  const { failures } = await campaign(fuzzerNamed(name), { first: 1, count, shrinkMs: 20_000 });
  if (failures[0] !== undefined) throw new Error(failures[0].text);
}

/** Runs one program again. Throws what is wrong with it. */
export async function passes(name: string, program: unknown): Promise<void> {
  const violation = await fuzzerNamed(name).run(program);
  if (violation !== null) throw new Error(violation);
}

/** Ends the processes of all fuzzers. */
export async function closeAll(): Promise<void> {
  for (const each of kinds) await each.close?.();
}
