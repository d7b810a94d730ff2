/**
 * Contexts: values that belong to one piece of work, such as a request, and stay visible to all code that works on it, however its steps
 * are interleaved with other work (Python's contextvars).
 *
 * A context maps variables to values. Every task and every handle owns one, a copy of the context of the code that created it.
 * Copying is O(1): both contexts share the map, and the first one to set a variable copies it (copy-on-write). Most programs never set a
 * variable; their contexts stay null, which stands for an empty one.
 *
 * current-carrier.ts knows which code is running, and so which context is current.
 */

import { InvalidStateError, checkOptions, outOfRange, wrongType } from '../errors/index.js';
import { checkCallback } from './callback.js';
import { type Carrier, currentCarrier, enterCarrier, leaveCarrier } from './current-carrier.js';

type Values = Map<ContextVar<unknown>, unknown>;

/** Shared by all empty contexts; never changed. */
const NO_VALUES: Values = new Map();

/** Code with its own context: a task, a handle, a function under `Context.run`. */
export interface ContextCarrier extends Carrier {
  /** @internal Null: empty, and not made yet. */
  _context: Context | null;
}

/** False until a variable is first set in this thread: until then every context is empty. */
let inUse = false;

/** @internal Returns a copy of the current context, for a new carrier; null if it is empty. */
export function captureContext(): Context | null {
  return inUse ? copyUnlessEmpty(currentContext()) : null;
}

function copyUnlessEmpty(context: Context | null): Context | null {
  return context === null || context.size === 0 ? null : context.copy();
}

function currentContext(): Context | null {
  return currentCarrier()._context as Context | null;
}

/**
 * A variable whose value belongs to the context in which it is set.
 *
 * Create it once, at the top of a module. A task starts with a copy of the values of the code that created it. Values that the task sets
 * are not visible outside of it, and values set outside later are not visible in it.
 *
 * @example
 * import { ContextVar, createTask, run } from 'selectloop';
 *
 * const user = new ContextVar<string>('user');
 *
 * await run(async () => {
 *   user.set('alice');
 *   const task = createTask(async () => {
 *     user.set('bob');
 *     return user.get();
 *   });
 *   console.log(await task, user.get()); // bob alice
 * });
 */
export class ContextVar<T> {
  /** For messages. */
  readonly name: string;
  private readonly fallback: { readonly value: T } | null;

  /** @param options `default`: what `get()` returns if no value was set. TypeError unless the name is a string. */
  constructor(name: string, options: { default?: T } = {}) {
    if (typeof name !== 'string') throw wrongType('ContextVar: name', 'a string', name);
    this.name = name;
    checkOptions('ContextVar: options', options);
    this.fallback = 'default' in options ? { value: options.default } : null;
  }

  /**
   * Returns the value in the current context. If it has none: `fallback`, if one is given, otherwise the variable's default. Throws an
   * InvalidStateError if there is neither.
   */
  get(): T;
  get<D>(fallback: D): T | D;
  get(...fallback: unknown[]): unknown {
    const context = currentContext();
    if (context?.has(this) === true) return context.get(this);
    if (fallback.length > 0) return fallback[0];
    if (this.fallback !== null) return this.fallback.value;
    throw new InvalidStateError(`${this.toString()} has no value here: nothing was set, and it has no default`);
  }

  /** Sets the value in the current context. The returned token restores the previous one, with `reset` or at the end of a `using` block. */
  set(value: T): Token<T> {
    inUse = true;
    const carrier = currentCarrier() as ContextCarrier;
    carrier._context ??= new Context();
    const token = new Token<T>(this, carrier._context);
    carrier._context._set(this, value);
    return token;
  }

  /**
   * Restores the value that the variable had before the `set` that returned the token.
   *
   * Throws an InvalidStateError if the token was used before, a RangeError if it belongs to another variable or another context.
   */
  reset(token: Token<T>): void {
    if (!(token instanceof Token)) throw wrongType('ContextVar.reset', 'a token', token);
    if (token.variable !== this) throw outOfRange('ContextVar.reset', `a token of ${this.toString()}`, token);
    if (token._context !== currentContext()) {
      throw outOfRange('ContextVar.reset', 'a token that was made in this context', token);
    }
    token._use();
    if (token._previous === null) token._context._delete(this);
    else token._context._set(this, token._previous.value);
  }

  toString(): string {
    return `<ContextVar ${this.name}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** Returned by `ContextVar.set`: restores the previous value, once. */
export class Token<T> implements Disposable {
  readonly variable: ContextVar<T>;
  /** @internal The context in which the variable was set. */
  readonly _context: Context;
  /** @internal The value to restore; null if there was none. */
  readonly _previous: { readonly value: T } | null;
  private used = false;

  /** @internal Made by `ContextVar.set`. */
  constructor(variable: ContextVar<T>, context: Context) {
    this.variable = variable;
    this._context = context;
    this._previous = context.has(variable) ? { value: context.get(variable) as T } : null;
  }

  /** The value before the `set`; undefined if there was none. */
  get oldValue(): T | undefined {
    return this._previous?.value;
  }

  /** `using token = variable.set(x)`: restores the previous value at the end of the block. */
  [Symbol.dispose](): void {
    this.variable.reset(this);
  }

  /** @internal Marks the token as used. Throws an InvalidStateError if it was used before. */
  _use(): void {
    if (this.used) throw new InvalidStateError(`${this.toString()} has been used already`);
    this.used = true;
  }

  toString(): string {
    return `<Token of ${this.variable.toString()}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** The values of all variables in one place: see {@link ContextVar}. `copyContext()` returns a copy of the current one. */
export class Context {
  private values = NO_VALUES;
  /** False while the map is shared with a copy, or with an iterator: then the next change copies it first. */
  private ownsValues = false;

  /**
   * Calls `fn(...args)` in this context and returns its result. The variables it sets change only in this context.
   *
   * The context covers the call only, and generator and async functions continue after their call, so they are a TypeError here: run
   * them with `createTask(fn, { context })`.
   */
  run<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): T {
    checkCallback(fn, 'Context.run', true);
    const carrier: ContextCarrier = { _context: this, _carriedTask: currentCarrier()._carriedTask };
    const previous = enterCarrier(carrier);
    try {
      return fn(...args);
    } finally {
      leaveCarrier(previous);
    }
  }

  /** Returns the value of a variable in this context; undefined if it has none. Defaults do not count. */
  get<T>(variable: ContextVar<T>): T | undefined {
    return this.values.get(variable) as T | undefined;
  }

  /** Returns true if the variable was given a value in this context. */
  has(variable: ContextVar<unknown>): boolean {
    return this.values.has(variable);
  }

  /** The number of variables that have a value. */
  get size(): number {
    return this.values.size;
  }

  /** Returns an independent context with the same values. Takes the same time however many there are. */
  copy(): Context {
    const copy = new Context();
    copy.values = this.values;
    this.ownsValues = false;
    return copy;
  }

  /** The variables and their values at the time of the call. */
  [Symbol.iterator](): IterableIterator<[ContextVar<unknown>, unknown]> {
    this.ownsValues = false;
    return this.values[Symbol.iterator]();
  }

  /** @internal */
  _set(variable: ContextVar<unknown>, value: unknown): void {
    this.ownValues().set(variable, value);
  }

  /** @internal */
  _delete(variable: ContextVar<unknown>): void {
    this.ownValues().delete(variable);
  }

  private ownValues(): Values {
    if (!this.ownsValues) {
      this.values = new Map(this.values);
      this.ownsValues = true;
    }
    return this.values;
  }

  toString(): string {
    return `<Context of ${this.size} values>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** Returns a copy of the current context. */
export function copyContext(): Context {
  return currentContext()?.copy() ?? new Context();
}

/** @internal Throws a TypeError unless `context` is one. */
export function checkContext(context: unknown, method: string): asserts context is Context {
  if (!(context instanceof Context)) throw wrongType(`${method}: context`, 'a Context', context);
}
