/** Clean-up that an error does not interrupt. */

/** Calls every function, even if some throw, and then throws the first error. */
export function callAll(functions: Iterable<() => void>): void {
  const errors: unknown[] = [];
  for (const each of functions) {
    try {
      each();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
