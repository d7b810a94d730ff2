/** The name of a function that runs in a thread is data, whatever it contains. */

import { type Steps, WorkerPool, createTask, run } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { errorOf } from '../support/every-loop.js';

/** Each would set the global `intruder` if it reached evaluated text. */
const INTRUSION = 'globalThis.intruder = true;';
const HOSTILE_NAMES: ReadonlyArray<[string, string]> = [
  ['a line feed', `x\n${INTRUSION}//`],
  ['a carriage return', `x\r${INTRUSION}//`],
  ['U+2028', `x\u2028${INTRUSION}//`],
  ['U+2029', `x\u2029${INTRUSION}//`],
  ['the end of a comment', `x*/${INTRUSION}/*`],
  ['quotes', `x'"\`;${INTRUSION}//`],
  ['a template', `\${${INTRUSION}}`],
  ['the end of the wrapper', `x; })()\n(() => { ${INTRUSION} })`],
  ['another source URL', `x\n//# sourceURL=file:///etc/passwd\n${INTRUSION}`],
  ['a NUL and a lone surrogate', `x\0\ud800\n${INTRUSION}`],
  ['much text', `${'x'.repeat(100_000)}\n${INTRUSION}`],
];

const named = <F extends object>(fn: F, name: unknown): F => Object.defineProperty(fn, 'name', { value: name });

const double = (x: number): [number, boolean] => [2 * x, 'intruder' in globalThis];

/** One thread runs all functions of a test, because starting one takes longer than everything else. */
const pool = (): WorkerPool => new WorkerPool({ maxWorkers: 1 });

describe('a function in a thread', () => {
  it('runs without running its name, whatever that contains', () =>
    run(function* (): Steps<void> {
      using threads = pool();
      for (const [what, name] of HOSTILE_NAMES) {
        const functions = { [name]: (x: number): [number, boolean] => [2 * x, 'intruder' in globalThis] };
        expect(yield* threads.submit(functions[name]!, 21), what).toEqual([42, false]);
        expect(yield* threads.submit(named(() => 'intruder' in globalThis, name)), what).toBe(false);
      }
    }));

  it('keeps its name in errors, without running it, whatever it contains', () =>
    run(function* (): Steps<void> {
      using threads = pool();
      for (const [what, name] of HOSTILE_NAMES) {
        const fail = named((): never => {
          throw new RangeError('refused');
        }, name);
        const error = yield* errorOf(createTask(() => threads.submit(fail)));
        expect(error, what).toMatchObject({ name: 'RangeError', message: 'refused' });
        expect((error as Error).stack, what).toContain(`at ${name} (selectloop-thread:`);
        expect(yield* threads.submit(() => 'intruder' in globalThis), what).toBe(false);
      }
    }));

  it('may have a name that is no string, or empty', () =>
    run(function* (): Steps<void> {
      using threads = pool();
      for (const name of [{ toString: () => INTRUSION }, 1, undefined, '']) {
        const increment = named((x: number) => x + 1, name);
        expect(yield* threads.submit(increment, 1), String(name)).toBe(2);
        expect(yield* threads.submit(() => 'intruder' in globalThis), String(name)).toBe(false);
      }
    }));

  it('has its own name, even when another function has the same source', () =>
    run(function* (): Steps<void> {
      using threads = pool();
      const make = (name: string): (() => string | undefined) => named(() => new Error().stack?.split('\n')[1], name);
      expect(yield* threads.submit(make('first'))).toContain('at first (');
      expect(yield* threads.submit(make('second'))).toContain('at second (');
      expect(yield* threads.submit(double, 1)).toEqual([2, false]);
    }));
});
