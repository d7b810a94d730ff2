// Where `await` and `yield*` are allowed: tries each rule for async functions and for generators, side by side.
// Watch the rows in which the two differ, and the last ones: the engine accepts the code, and the mistake shows only when it runs.
// One program covers both flavours, because its subject is the comparison.

import { type Steps, coroutine, run, sleep } from 'selectloop';

import { program } from '../support/program.js';

/** A description, the source with an async function, and the source with a generator. The sources are compiled but not run. */
const SYNTAX = [
  ['wait in a function of its kind', 'async function f() { await g(); }', 'function* f() { yield* g(); }'],
  ['wait in a method of its kind', '({ async f() { await g(); } })', '({ *f() { yield* g(); } })'],
  ['wait in an arrow function', 'async () => await g()', '*() => yield* g()'],
  ['wait in a plain function', 'function f() { await g(); }', 'function f() { yield* g(); }'],
  [
    'wait in a callback inside',
    'async function f() { list.forEach((x) => { await g(x); }); }',
    'function* f() { list.forEach((x) => { yield* g(x); }); }',
  ],
  ['wait in a default value', 'async function f(x = await g()) {}', 'function* f(x = yield* g()) {}'],
  ['be a constructor', 'class A { async constructor() {} }', 'class A { *constructor() {} }'],
  ['be a getter', '({ async get x() {} })', '({ *get x() {} })'],
  [
    'loop with for await',
    'async function f() { for await (const x of g()) h(x); }',
    'function* f() { for await (const x of g()) h(x); }',
  ],
  ['yield values (async function*)', 'async function* f() { yield await g(); }', null],
  ['yield those of another (yield*)', 'async function* f() { yield* g(); }', null],
  ['yield values and return one', 'async function* f() { yield 1; return 2; }', null],
] as const;

/** Compiles a source in strict mode, and returns 'yes' or the name of the error. */
function verdictOn(source: string | null): string {
  if (source === null) return '-';
  try {
    // new Function compiles the source without running it.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    new Function(`'use strict';\n(${source});`);
    return 'yes';
  } catch (error) {
    return (error as Error).name;
  }
}

function row(what: string, ...verdicts: string[]): void {
  console.log([what.padEnd(42), ...verdicts.map((verdict) => verdict.padEnd(18))].join('').trimEnd());
}

/** Waits, and returns the result or the name of the error. */
async function outcomeOf(wait: () => unknown): Promise<string> {
  try {
    return String(await wait());
  } catch (error) {
    return (error as Error).name;
  }
}

/** The mistakes that show only at run time. */
async function atRunTime(): Promise<void> {
  const log: string[] = [];
  async function greet(): Promise<void> {
    log.push('ran');
  }
  const greetSteps = coroutine(function* (): Steps<void> {
    log.push('ran');
  });
  const ran = (): string => log.splice(0).join() || 'nothing ran';

  void greet();
  const native = ran();
  void greetSteps();
  row('forget to wait', native, ran());

  // The casts are needed because the type checker rejects both.
  const waitNative = async (): Promise<string> => await (42 as unknown as Promise<string>);
  const waitSteps = coroutine(function* () {
    return yield* 42 as unknown as Steps<string>;
  });
  row('wait for 42', await outcomeOf(waitNative), await outcomeOf(waitSteps));

  const promise = greet().then(() => 'again');
  const once = sleep(1, 'once');
  await promise;
  await once;
  row('wait twice for one call', await outcomeOf(() => promise), await outcomeOf(() => once));
}

export async function main(): Promise<void> {
  row('may I ...', 'async function', 'function*');
  for (const [what, native, generator] of SYNTAX) row(what, verdictOn(native), verdictOn(generator));
  console.log();
  row('what happens if I ...', 'async function', 'function*');
  await run(atRunTime);
}

await program(import.meta, main);
