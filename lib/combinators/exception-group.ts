/** Several errors in one. */

import { describeError, isInstance, wrongType } from '../errors/index.js';

/** Selects errors: a class, a list of classes, or a predicate. */
export type ErrorFilter =
  | (abstract new (...args: never[]) => Error)
  | ReadonlyArray<abstract new (...args: never[]) => Error>
  | ((error: unknown) => boolean);

/** How many errors a message shows, and how much of each. */
const SHOWN = 3;
const LONGEST = 100;

/** The errors of several tasks. Groups can be nested; splitting keeps the nesting. The message ends with the texts of the first errors. */
export class ExceptionGroup extends AggregateError {
  override readonly name = 'ExceptionGroup';
  /** The message without the errors. */
  readonly #title: string;

  /** @param errors at least one, otherwise a TypeError is thrown */
  constructor(message: string, errors: readonly unknown[]) {
    if (!Array.isArray(errors) || errors.length === 0) throw wrongType('ExceptionGroup', 'a list of errors', errors);
    super(errors, `${message} (${errors.length} ${errors.length === 1 ? 'error' : 'errors'}: ${summaryOf(errors)})`);
    this.#title = message;
  }

  /** Returns a group of the matching errors, with their nesting; null if none matches. This group is unchanged. */
  subgroup(filter: ErrorFilter): ExceptionGroup | null {
    return this.split(filter)[0];
  }

  /**
   * Returns the part that matches and the rest, each null if it would be empty. If the filter matches this group itself, the whole
   * group is the matching part. Parts keep the message and the cause.
   *
   * @throws TypeError for an invalid filter; RangeError for a group that contains itself
   */
  split(filter: ErrorFilter): [ExceptionGroup | null, ExceptionGroup | null] {
    const matches = predicateOf(filter);
    if (matches(this)) return [this, null];
    // Not recursive: retries that wrap each failure in a new group can nest deeper than the stack.
    const path = new Map<ExceptionGroup, Division>([[this, new Division(this)]]);
    let division = path.get(this)!;
    for (;;) {
      const next = division.next();
      if (next === END) {
        const { group, outer } = division;
        const parts = [group.derive(division.matching), group.derive(division.others)] as const;
        if (outer === null) return [...parts];
        path.delete(group);
        outer.add(...parts);
        division = outer;
      } else if (matches(next)) {
        division.matching.push(next);
      } else if (isInstance(next, ExceptionGroup)) {
        if (path.has(next)) throw new RangeError(`split: '${next.message}' contains itself`);
        path.set(next, (division = new Division(next, division)));
      } else {
        division.others.push(next);
      }
    }
  }

  private derive(errors: unknown[]): ExceptionGroup | null {
    if (errors.length === 0) return null;
    const part = new ExceptionGroup(this.#title, errors);
    if (this.cause !== undefined) part.cause = this.cause;
    return part;
  }
}

/** Returns the texts of the first errors, each in one line. */
function summaryOf(errors: readonly unknown[]): string {
  const texts = errors.slice(0, SHOWN).map((error) => {
    const text = describeError(error).replaceAll(/\s+/g, ' ');
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  });
  return [...texts, ...(errors.length > SHOWN ? ['…'] : [])].join('; ');
}

const END = Symbol('end');

/** The errors of one group, while they are divided. */
class Division {
  readonly matching: unknown[] = [];
  readonly others: unknown[] = [];
  private position = 0;

  constructor(
    readonly group: ExceptionGroup,
    readonly outer: Division | null = null,
  ) {}

  /** Returns the next error of the group, or END. */
  next(): unknown {
    const { errors } = this.group;
    return this.position < errors.length ? (errors[this.position++] as unknown) : END;
  }

  /** Adds the parts of an inner group. */
  add(part: ExceptionGroup | null, rest: ExceptionGroup | null): void {
    if (part !== null) this.matching.push(part);
    if (rest !== null) this.others.push(rest);
  }
}

function predicateOf(filter: ErrorFilter): (error: unknown) => boolean {
  if (Array.isArray(filter)) {
    for (const type of filter as unknown[]) {
      if (typeof type !== 'function') throw wrongType('filter', 'a list of classes of errors', type);
    }
    return (error) => filter.some((type) => isInstance(error, type as abstract new () => unknown));
  }
  if (typeof filter !== 'function')
    throw wrongType('filter', 'a class of errors, a list of them, or a function', filter);
  const isErrorClass = filter === Error || (filter as { prototype?: unknown }).prototype instanceof Error;
  return isErrorClass
    ? (error) => isInstance(error, filter as abstract new () => Error)
    : (error) => (filter as (error: unknown) => boolean)(error);
}
