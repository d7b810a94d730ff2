/**
 * The global functions of JavaScript and Node through which a program would reach the real world. During a run, which is synchronous, the
 * clocks and `Math.random` are those of the simulation, and what could only happen after it throws an Error that says what to use instead.
 */

/** The date at which simulations begin. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

/** What each function is replaced by in programs on the library. */
const REFUSED: Readonly<Record<string, string>> = {
  setTimeout: 'sleep, timeout or loop.callLater',
  setInterval: 'a task that sleeps',
  setImmediate: 'loop.callSoon',
  fetch: 'openConnection',
};

/**
 * Replaces the globals until the result is disposed of.
 *
 * @param nowMs returns the virtual time
 * @param random returns a number from 0 to just below 1
 */
export function useVirtualGlobals(nowMs: () => number, random: () => number): Disposable {
  const restore: Array<() => void> = [];
  const replace = (target: object, name: string, value: unknown): void => {
    const before = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, {
      value,
      configurable: true,
      enumerable: before?.enumerable ?? false,
      writable: true,
    });
    restore.push(() => {
      if (before === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, before);
    });
  };
  const dateMs = (): number => EPOCH_MS + Math.floor(nowMs());
  replace(globalThis, 'Date', virtualDate(dateMs));
  replace(performance, 'now', nowMs);
  replace(Math, 'random', random);
  for (const [name, instead] of Object.entries(REFUSED)) {
    replace(globalThis, name, () => {
      throw new Error(`${name} belongs to the real world, which does not run during a simulation: use ${instead}`);
    });
  }
  return {
    [Symbol.dispose]() {
      for (const each of restore.reverse()) each();
    },
  };
}

/** Returns a Date whose present is that of the simulation. */
function virtualDate(now: () => number): DateConstructor {
  return new Proxy(Date, {
    apply: (target) => new target(now()).toString(),
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
  });
}
