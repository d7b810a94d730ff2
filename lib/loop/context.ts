/**
 * Contexts: values that follow the code that works on one thing, a request for example, however its steps are interleaved with
 * those of others (Python's contextvars).
 *
 * A context is a map from variables to values. The map itself is immutable and shared: copying a context copies a reference, and
 * setting a variable makes a new map. Every task and every handle is a *carrier*: it owns the context its code runs in, a copy
 * of the context of whoever made it. Most programs never set a variable; for them a carrier's context stays null, which
 * stands for an empty one, and all it costs is to remember which carrier runs.
 *
 * While one of our runnables is on the stack a variable here knows the carrier. The continuations of an async function are run
 * by the engine, where no code of ours can set a variable; an AsyncLocalStorage carries the task through its awaits. (One
 * for the whole library: each one costs every promise in the process.) Code that belongs to no carrier, outside of any
 * loop, has the context of the thread.
 */

import { AsyncLocalStorage } from 'node:async_hooks';

import { InvalidStateError, outOfRange, wrongType } from '../errors/index.js';
import { checkCallback } from './callback.js';

type Values = ReadonlyMap<ContextVar<unknown>, unknown>;

const NO_VALUES: Values = new Map();

/** Code that has a context of its own: a task, a handle, a function under `Context.run`. */
export interface ContextCarrier {
  /** @internal Null: empty, and not made yet. */
  _context: Context | null;
  /** @internal The task that the code belongs to, if it belongs to one. */
  readonly _carriedTask: object | null;
}

const carrierOfThread: ContextCarrier = { _context: null, _carriedTask: null };
const asyncCarrier = new AsyncLocalStorage<ContextCarrier>();
let running: ContextCarrier | null = null;

/** False until a variable is set for the first time in this thread: until then every context is empty. */
let inUse = false;

/** @internal The carrier whose code is on the stack; null in the continuation of an async function, and outside of everything. */
export function carrierOnStack(): ContextCarrier | null {
  return running;
}

/** @internal The carrier of the async function whose continuation runs. */
export function carrierOfAsyncFunction(): ContextCarrier | undefined {
  return asyncCarrier.getStore();
}

/** @internal Code of `carrier` runs until `leaveCarrier`; returns what to give to it. */
export function enterCarrier(carrier: ContextCarrier): ContextCarrier | null {
  const previous = running;
  running = carrier;
  return previous;
}

/** @internal Ends what `enterCarrier` began. */
export function leaveCarrier(previous: ContextCarrier | null): void {
  running = previous;
}

/** @internal Calls `fn` so that it, and all that it awaits, is code of `carrier`. */
export function runAsCarrier<T>(carrier: ContextCarrier, fn: () => T): T {
  const previous = enterCarrier(carrier); // also for the part before the first await, which may run inside another's code
  try {
    return asyncCarrier.run(carrier, fn);
  } finally {
    leaveCarrier(previous);
  }
}

/** @internal A copy of the context of the code that runs, for a new carrier. Null if it is empty. */
export function captureContext(): Context | null {
  return inUse ? copyUnlessEmpty(presentCarrier()._context) : null;
}

function copyUnlessEmpty(context: Context | null): Context | null {
  return context === null || context.size === 0 ? null : context.copy();
}

function presentCarrier(): ContextCarrier {
  return running ?? asyncCarrier.getStore() ?? carrierOfThread;
}

/**
 * A variable whose value belongs to the context it is set in.
 *
 * Make it once, at the top of a module. A task starts with a copy of the values of the code that made it: what it sets is not seen
 * outside of it, and what is set outside later is not seen in it.
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

  /** @param options `default`: what `get()` returns where no value was set. TypeError unless the name is a string. */
  constructor(name: string, options: { default?: T } = {}) {
    if (typeof name !== 'string') throw wrongType('ContextVar: name', 'a string', name);
    this.name = name;
    this.fallback = 'default' in options ? { value: options.default } : null;
  }

  /**
   * Its value in the present context; if it has none there `fallback`, if one is given, or else the variable's default. Without
   * any of them an InvalidStateError.
   */
  get(): T;
  get<D>(fallback: D): T | D;
  get(...fallback: unknown[]): unknown {
    const values = presentCarrier()._context?._values ?? NO_VALUES;
    if (values.has(this)) return values.get(this);
    if (fallback.length > 0) return fallback[0];
    if (this.fallback !== null) return this.fallback.value;
    throw new InvalidStateError(`${this.toString()} has no value here: nothing was set, and it has no default`);
  }

  /** Sets its value in the present context. The token takes that back, with `reset` or at the end of a `using` block. */
  set(value: T): Token<T> {
    inUse = true;
    const carrier = presentCarrier();
    carrier._context ??= new Context();
    const token = new Token<T>(this, carrier._context);
    carrier._context._set(this, value);
    return token;
  }

  /**
   * Puts the value back that the variable had before the `set` that gave the token.
   *
   * InvalidStateError if the token was used before; RangeError if it comes from another variable, or from another context.
   */
  reset(token: Token<T>): void {
    if (!(token instanceof Token)) throw wrongType('ContextVar.reset', 'a token', token);
    if (token.variable !== this) throw outOfRange('ContextVar.reset', `a token of ${this.toString()}`, token);
    if (token._context !== presentCarrier()._context) {
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

/** What `ContextVar.set` returns: good for taking that back, once. */
export class Token<T> implements Disposable {
  readonly variable: ContextVar<T>;
  /** @internal */
  readonly _context: Context;
  /** @internal What to put back; null: it had no value. */
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

  /** `using token = variable.set(x)`: the former value comes back at the end of the block. */
  [Symbol.dispose](): void {
    this.variable.reset(this);
  }

  /** @internal */
  _use(): void {
    if (this.used) throw new InvalidStateError(`${this.toString()} has been used already`);
    this.used = true;
  }

  toString(): string {
    return `<Token of ${this.variable.toString()}>`;
  }
}

/** The values of all variables in one place: see {@link ContextVar}. `copyContext()` gives that of the code that runs. */
export class Context {
  /** @internal Immutable. */
  _values: Values = NO_VALUES;

  /**
   * Calls `fn(...args)` in this context and returns its result. What it sets stays in this context, and is not seen outside.
   *
   * It holds for the call, not for what goes on after it. So a generator function or an async function is a TypeError here: run
   * it with `createTask(fn, { context })`.
   */
  run<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): T {
    checkCallback(fn, 'Context.run', true);
    const outer = running ?? asyncCarrier.getStore();
    const previous = enterCarrier({ _context: this, _carriedTask: outer?._carriedTask ?? null });
    try {
      return fn(...args);
    } finally {
      leaveCarrier(previous);
    }
  }

  /** The value of a variable in this context; undefined if it has none. Defaults do not count. */
  get<T>(variable: ContextVar<T>): T | undefined {
    return this._values.get(variable) as T | undefined;
  }

  /** Whether the variable was given a value in this context. */
  has(variable: ContextVar<unknown>): boolean {
    return this._values.has(variable);
  }

  /** How many variables have a value. */
  get size(): number {
    return this._values.size;
  }

  /** A context with the same values, which goes its own way from here on. Takes the same time however many they are. */
  copy(): Context {
    const copy = new Context();
    copy._values = this._values;
    return copy;
  }

  /** The variables and their values. */
  [Symbol.iterator](): IterableIterator<[ContextVar<unknown>, unknown]> {
    return this._values[Symbol.iterator]();
  }

  /** @internal */
  _set(variable: ContextVar<unknown>, value: unknown): void {
    this._values = new Map(this._values).set(variable, value);
  }

  /** @internal */
  _delete(variable: ContextVar<unknown>): void {
    const values = new Map(this._values);
    values.delete(variable);
    this._values = values;
  }

  toString(): string {
    return `<Context of ${this.size} values>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** A copy of the context of the code that runs. */
export function copyContext(): Context {
  return presentCarrier()._context?.copy() ?? new Context();
}

/** @internal Throws a TypeError unless `context` is one. */
export function checkContext(context: unknown, method: string): asserts context is Context {
  if (!(context instanceof Context)) throw wrongType(`${method}: context`, 'a Context', context);
}
