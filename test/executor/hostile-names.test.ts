/** The name of a function that runs in a thread is data, whatever it contains. */

import { type Steps, WorkerPool, createTask, run, toThread } from 'selectloop';
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

describe.each(HOSTILE_NAMES)('a function whose name contains %s', (_, name) => {
  it('runs in a thread without running its name', () =>
    run(function* (): Steps<void> {
      const functions = { [name]: (x: number): [number, boolean] => [2 * x, 'intruder' in globalThis] };
      expect(yield* toThread(functions[name]!, 21)).toEqual([42, false]);
      expect(yield* toThread(named(() => 'intruder' in globalThis, name))).toBe(false);
    }));

  it('keeps its name in errors, without running it', () =>
    run(function* (): Steps<void> {
      using pool = new WorkerPool({ maxWorkers: 1 });
      const fail = named((): never => {
        throw new RangeError('refused');
      }, name);
      const error = yield* errorOf(createTask(() => pool.submit(fail)));
      expect(error).toMatchObject({ name: 'RangeError', message: 'refused' });
      expect((error as Error).stack).toContain(`at ${name} (selectloop-thread:`);
      expect(yield* pool.submit(() => 'intruder' in globalThis)).toBe(false);
    }));
});

describe('a function in a thread', () => {
  it.each([[{ toString: () => INTRUSION }], [1], [undefined], ['']])('may have the name %s', (name) =>
    run(function* (): Steps<void> {
      expect(
        yield* toThread(
          named((x: number) => x + 1, name),
          1,
        ),
      ).toBe(2);
    }),
  );

  it('has its own name, even when another function has the same source', () =>
    run(function* (): Steps<void> {
      using pool = new WorkerPool({ maxWorkers: 1 });
      const make = (name: string): (() => string | undefined) => named(() => new Error().stack?.split('\n')[1], name);
      expect(yield* pool.submit(make('first'))).toContain('at first (');
      expect(yield* pool.submit(make('second'))).toContain('at second (');
      expect(yield* pool.submit(double, 1)).toEqual([2, false]);
    }));
});
