/**
 * Counts the steps of library code, for tests of how its cost grows.
 *
 * Times are noise on a busy machine. V8's precise coverage counts how often each block of code runs, which is the same in every run. It
 * does not see loops inside of built-ins, so the array methods whose time depends on the length of an array count it here.
 */

import { type Profiler, Session } from 'node:inspector';

import { afterAll, beforeAll } from 'vitest';

/** The methods that move or visit every element. A queue on `shift` is quadratic, although V8 is fast for short arrays. */
const LINEAR = ['shift', 'unshift', 'splice', 'indexOf', 'lastIndexOf', 'includes', 'fill'] as const;

type AnyMethod = (this: unknown[], ...args: unknown[]) => unknown;

let session: Session | null = null;

/** Makes V8 count during the tests of a file. Once for all: code that is compiled between two sessions has no counters for its blocks. */
export function countingSteps(): void {
  beforeAll(() => {
    session = new Session();
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  });
  afterAll(() => {
    session?.post('Profiler.stopPreciseCoverage');
    session?.disconnect();
  });
}

/** Runs `program` and returns the number of steps that code of lib/ made. */
export async function countSteps(program: () => unknown): Promise<number> {
  const methods = Array.prototype as unknown as Record<string, AnyMethod>;
  const originals = LINEAR.map((name) => [name, methods[name]!] as const);
  let elements = 0;
  stepsSinceLastTime();
  for (const [name, original] of originals) {
    methods[name] = function counted(...args) {
      elements += this.length - (name === 'splice' ? startOf(this.length, args[0] as number) : 0);
      return original.apply(this, args);
    };
  }
  try {
    await program();
  } finally {
    for (const [name, original] of originals) methods[name] = original;
  }
  return stepsSinceLastTime() + elements;
}

/** Returns the first element that a `splice` moves. */
function startOf(length: number, start: number): number {
  return start < 0 ? Math.max(0, length + start) : Math.min(length, start);
}

function stepsSinceLastTime(): number {
  let scripts: Profiler.ScriptCoverage[] = [];
  session!.post('Profiler.takePreciseCoverage', (error, coverage) => {
    if (error !== null) throw error;
    scripts = coverage.result;
  });
  let steps = 0;
  for (const { url, functions } of scripts) {
    if (!url.includes('/lib/')) continue;
    for (const { ranges } of functions) for (const { count } of ranges) steps += count;
  }
  return steps;
}
