/** Restores errors that were thrown in another thread. */

/** The parts of an Error. A structured clone would lose properties such as `code`, and the name of the class. */
export interface DescribedError {
  /** The nearest built-in class, such as 'TypeError' or 'Error'. */
  type: string;
  name: string;
  message: string;
  stack: string;
  properties: Record<string, unknown>;
  cause?: Thrown;
}

/** A thrown value: an Error in parts, or any other value. */
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

/** Rebuilds a value that was thrown in another thread. An Error keeps the stack of that thread. */
export function revive(thrown: Thrown): unknown {
  if (!('error' in thrown)) return thrown.value;
  const { type, name, message, stack, properties, cause } = thrown.error;
  const error = new (types[type] ?? Error)(message, cause === undefined ? undefined : { cause: revive(cause) });
  Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true });
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  return Object.assign(error, properties);
}
