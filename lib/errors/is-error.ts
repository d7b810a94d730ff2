/**
 * Tests of thrown values, which may be anything. `instanceof` itself throws for some of them, such as a revoked proxy, and the tests would
 * then fail where the program's error should be passed on.
 */

/** Returns true if `value` is an instance of `type`; false for a value that cannot be examined. */
export function isInstance<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** Returns true if `value` is an Error; false for a value that cannot be examined. */
export function isError(value: unknown): value is Error {
  return isInstance(value, Error);
}
