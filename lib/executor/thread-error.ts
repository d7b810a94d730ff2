/** Errors on their way back from another thread. */

/** An Error, taken apart: copied as it is, it would lose its own properties, such as `code`, and the name of its class. */
export interface DescribedError {
  /** The nearest class that every thread has: 'TypeError', 'Error' ... */
  type: string;
  name: string;
  message: string;
  stack: string;
  properties: Record<string, unknown>;
  cause?: Thrown;
}

/** Anything thrown. */
export type Thrown = { error: DescribedError } | { value: unknown };

const types: Readonly<Record<string, ErrorConstructor>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/** What was thrown in the other thread, put together again. Its stack is that of the other thread. */
export function revive(thrown: Thrown): unknown {
  if (!('error' in thrown)) return thrown.value;
  const { type, name, message, stack, properties, cause } = thrown.error;
  const error = new (types[type] ?? Error)(message, cause === undefined ? undefined : { cause: revive(cause) });
  Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true });
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  return Object.assign(error, properties);
}
