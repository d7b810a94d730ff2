/** Several errors in one. */

import { wrongType } from '../errors/index.js';

/** Selects errors: a class, a list of classes, or a predicate. */
export type ErrorFilter =
  | (abstract new (...args: never[]) => Error)
  | ReadonlyArray<abstract new (...args: never[]) => Error>
  | ((error: unknown) => boolean);

/** The errors of several tasks. Groups can be nested; splitting keeps the nesting. */
export class ExceptionGroup extends AggregateError {
  override readonly name = 'ExceptionGroup';

  /** @param errors at least one, otherwise a TypeError is thrown */
  constructor(message: string, errors: readonly unknown[]) {
    if (!Array.isArray(errors) || errors.length === 0) throw wrongType('ExceptionGroup', 'a list of errors', errors);
    super(errors, `${message} (${errors.length} ${errors.length === 1 ? 'error' : 'errors'})`);
  }

  /** Returns a group of the matching errors, with their nesting; null if none matches. This group is unchanged. */
  subgroup(filter: ErrorFilter): ExceptionGroup | null {
    return this.split(filter)[0];
  }

  /**
   * Returns the part that matches and the rest, each null if it would be empty. If the filter matches this group itself, the whole
   * group is the matching part. Parts keep the message and the cause.
   *
   * @throws TypeError for an invalid filter
   */
  split(filter: ErrorFilter): [ExceptionGroup | null, ExceptionGroup | null] {
    const matches = predicateOf(filter);
    if (matches(this)) return [this, null];
    const matching: unknown[] = [];
    const others: unknown[] = [];
    for (const error of this.errors as unknown[]) {
      if (error instanceof ExceptionGroup) {
        const [part, rest] = error.split(filter);
        if (part !== null) matching.push(part);
        if (rest !== null) others.push(rest);
      } else if (matches(error)) matching.push(error);
      else others.push(error);
    }
    return [this.derive(matching), this.derive(others)];
  }

  private derive(errors: unknown[]): ExceptionGroup | null {
    if (errors.length === 0) return null;
    const message = this.message.replace(/ \(\d+ errors?\)$/, '');
    const part = new ExceptionGroup(message, errors);
    if (this.cause !== undefined) part.cause = this.cause;
    return part;
  }
}

function predicateOf(filter: ErrorFilter): (error: unknown) => boolean {
  if (Array.isArray(filter)) return (error) => filter.some((type) => error instanceof type);
  if (typeof filter !== 'function')
    throw wrongType('filter', 'a class of errors, a list of them, or a function', filter);
  const isErrorClass = filter === Error || (filter as { prototype?: unknown }).prototype instanceof Error;
  return isErrorClass
    ? (error) => error instanceof (filter as abstract new () => Error)
    : (error) => (filter as (error: unknown) => boolean)(error);
}
