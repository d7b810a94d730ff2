/** The switch for the checks of the kernel's invariants. They cost time, so only tests turn them on. */

let on = false;

/** Turns the checks on or off. Returns an object whose disposal restores the former state. @internal */
export function useChecks(wanted: boolean): Disposable {
  const before = on;
  on = wanted;
  return {
    [Symbol.dispose]() {
      on = before;
    },
  };
}

export const checksAreOn = (): boolean => on;

/** Reports a broken invariant: an error of the kernel, never of the program that runs on it. */
export function violated(what: string): never {
  throw new Error(`simulated kernel: ${what}`);
}
