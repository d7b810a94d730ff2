/** Runs the programs of many seeds, and reduces a failing program to the smallest one that still fails. */

/** Makes, runs and reduces the random programs of one kind. A program is plain JSON, so that it can be printed and pasted. */
export interface Fuzzer<P = unknown> {
  /** The name for `--only`, such as `tasks`. */
  readonly name: string;
  /** The parts of a program, in the plural: `calls`. */
  readonly parts: string;
  /** Returns the program of a seed; the same one on every machine. */
  make(seed: number): P;
  /** The number of parts of a program. */
  size(program: P): number;
  /** Runs a program. Returns the first thing that is wrong, or null. `brief` asks for shorter waits, while a program is reduced. */
  run(program: P, brief?: boolean): Promise<string | null>;
  /** Yields smaller programs that may fail in the same way, the smallest first. */
  smaller(program: P): Iterable<P>;
  /** Describes a program for a reader; the campaign prints it as a test in any case. */
  describe?(program: P): Promise<string>;
  /** Ends the processes that `run` has started. */
  close?(): Promise<void>;
}

/** A fault, with the first seed that shows it. */
export interface Failure {
  readonly seed: number;
  readonly text: string;
}

export interface CampaignSettings {
  /** The seeds: `count` of them from `first` on. */
  readonly first: number;
  readonly count: number;
  /** How long to search for a smaller program, in milliseconds. */
  readonly shrinkMs: number;
  /** Continues after a failure, to find faults of other kinds. Default: false. */
  readonly all?: boolean;
  /** Starts no further seed after this time of `performance.now()`. Default: no limit. */
  readonly until?: number;
}

/** What a campaign ran and found. */
export interface CampaignResult {
  readonly seeds: number;
  readonly parts: number;
  /** One failure of each kind. */
  readonly failures: readonly Failure[];
}

/** Runs the programs of the given seeds. */
export async function campaign<P>(
  fuzzer: Fuzzer<P>,
  { first, count, shrinkMs, all = false, until = Infinity }: CampaignSettings,
  onSeed: (seed: number) => void = () => undefined,
): Promise<CampaignResult> {
  const failures = new Map<string, Failure>();
  let [seeds, parts] = [0, 0];
  for (let seed = first; seed < first + count && performance.now() < until; seed += 1) {
    onSeed(seed);
    const program = fuzzer.make(seed);
    const violation = await fuzzer.run(program);
    seeds += 1;
    parts += fuzzer.size(program);
    if (violation === null || failures.has(kindOf(violation))) continue;
    failures.set(kindOf(violation), { seed, text: await failureText(fuzzer, seed, program, violation, shrinkMs) });
    if (!all) break;
  }
  return { seeds, parts, failures: [...failures.values()] };
}

async function failureText<P>(
  fuzzer: Fuzzer<P>,
  seed: number,
  program: P,
  violation: string,
  shrinkMs: number,
): Promise<string> {
  const smallest = await shrunk(fuzzer, program, violation, shrinkMs);
  const last = await fuzzer.run(smallest, true);
  const title = `${violation.split('\n', 1)[0]!.slice(0, 80)} (${fuzzer.name}, seed ${seed})`;
  return [
    `${fuzzer.name}, seed ${seed}: ${violation}`,
    `repeat with: npm run fuzz -- --only ${fuzzer.name} --seed ${seed} --seeds 1`,
    ...(fuzzer.describe === undefined ? [] : [await fuzzer.describe(smallest)]),
    `smallest program that fails, ${fuzzer.size(smallest)} of ${fuzzer.size(program)} ${fuzzer.parts}, for test/fuzz/fuzz.test.ts:`,
    `  it(${JSON.stringify(title)}, () =>`,
    `    passes(${JSON.stringify(fuzzer.name)}, ${JSON.stringify(smallest)}));`,
    last === null ? 'it did not fail when it was run once more' : `it ends with: ${last}`,
  ].join('\n');
}

/** Normalizes a violation by removing its numbers and everything after its first line. */
const kindOf = (violation: string): string => violation.split('\n', 1)[0]!.replace(/\d+/g, 'N');

/** Replaces the program by smaller ones, as long as they fail in the same way and there is time. */
async function shrunk<P>(fuzzer: Fuzzer<P>, program: P, violation: string, forMs: number): Promise<P> {
  const end = performance.now() + forMs;
  const kind = kindOf(violation);
  let smallest = program;
  for (let again = true; again;) {
    again = false;
    for (const smaller of fuzzer.smaller(smallest)) {
      if (performance.now() > end) return smallest;
      const found = await fuzzer.run(smaller, true);
      if (found === null || kindOf(found) !== kind) continue;
      smallest = smaller;
      again = true;
      break;
    }
  }
  return smallest;
}

/** Yields the list without some of its elements, large groups first, and then with one element replaced by a smaller one. */
export function* smallerLists<T>(
  list: readonly T[],
  smallerElements: (element: T) => Iterable<T> = () => [],
): Generator<T[]> {
  for (let size = list.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = list.length - size; at > -size; at -= size) {
      yield list.filter((_, i) => i < at || i >= at + size);
    }
  }
  for (const [i, element] of list.entries()) {
    for (const smaller of smallerElements(element)) yield list.with(i, smaller);
  }
}
