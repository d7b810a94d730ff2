/** Runs calls of public functions and methods, in a process that may crash. */

import { EventEmitter } from 'node:events';
import { types } from 'node:util';

import * as s from 'selectloop';

import { Random } from '../random.js';
import { type Pool, Resolver } from './arguments.js';
import { leftOpenAfterSettling, openDescriptors } from './descriptors.js';
import { INSTANCES } from './instances.js';
import type { PublicCall } from './public-calls.js';
import { LEFT_OUT, type Target, exported, isError, publicTargets } from './public-targets.js';
import { type Argument, Planned, faultOfError } from './values.js';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
type AnyClass = new (...args: unknown[]) => unknown;

const WAIT_MS = 20;
/** Each object is used by several calls. */
const EACH = 2;

const targets = new Map(publicTargets().map((target) => [target.name, target]));

/** Runs the calls one after the other, on one loop. Returns the first thing that is wrong, or null. */
export async function runPublicCalls(calls: readonly PublicCall[], seed: number): Promise<string | null> {
  const before = openDescriptors();
  const run = new PublicRun(new Random(seed));
  const onRejection = (error: unknown): void => run.noteError('an unhandled rejection', error);
  process.on('unhandledRejection', onRejection);
  try {
    await s.run(() => run.steps(calls));
    await run.afterwards();
    return run.fault ?? (await leftOpenAfterSettling(before));
  } finally {
    process.off('unhandledRejection', onRejection);
  }
}

class PublicRun implements Pool {
  fault: string | null = null;
  private readonly objects = new Map<string, unknown[]>();
  private readonly made = new Set<object>();
  private readonly pipes: number[] = [];
  private readonly resolver: Resolver;

  constructor(private readonly random: Random) {
    this.resolver = new Resolver(this, () => this.sideEffect());
  }

  fd(): number {
    return -1;
  }

  object(type: string, index: number): unknown {
    const list = this.objects.get(type) ?? [];
    return list[index % list.length];
  }

  /** Takes note of an error. Only the first one that is a fault counts. */
  note(where: string, error: unknown): void {
    const fault = faultOfError(error, false);
    if (fault === null) return;
    const stack = error instanceof Error ? `\n${String(error.stack).split('\n').slice(1, 8).join('\n')}` : '';
    // What the fuzzer's own functions throw has their frames on top.
    if (/^\n\s+at [^\n]*fuzz\/hostile\/(values|arguments)\.ts/.test(stack)) return;
    this.fault ??= `${where}: ${fault}${stack}`;
  }

  /** Takes note of what may come from a function of the fuzzer, which may throw or reject with anything. */
  noteError(where: string, error: unknown): void {
    if (!types.isProxy(error) && error instanceof Error) this.note(where, error);
  }

  *steps(calls: readonly PublicCall[]): s.Steps<void> {
    const loop = s.getRunningLoop();
    loop.setExceptionHandler((_, context) => this.noteError('reported to the exception handler', context.exception));
    for (const [i, call] of calls.entries()) {
      const target = targets.get(call.name);
      if (target === undefined) continue; // of an older version
      if (target.kind === 'method') yield* this.ensure(target.type);
      for (const type of objectsIn(call.args)) yield* this.ensure(type);
      this.call(target, call);
      if (this.fault !== null) break;
      if (i % 5 === 4) yield* s.sleep(1);
    }
    yield* s.sleep(1);
    for (const task of s.allTasks()) if (task !== s.currentTask()) task.cancel();
    yield* s.sleep(1);
    this.closeAll();
    yield* s.sleep(1);
    this.fault ??= this.resolver.live.guarded.check();
  }

  private *ensure(type: string): s.Steps<void> {
    const list = this.objects.get(type) ?? [];
    this.objects.set(type, list);
    while (list.length < EACH) {
      const made = yield* INSTANCES[type]!();
      list.push(made);
      this.own(made);
    }
  }

  private call(target: Target, { name, on, args: given }: PublicCall): void {
    const args = given.map((each) => this.resolver.value(each));
    // Without a limit, it would wait on the thread.
    if (/#select(Each)?$/.test(name)) args[0] = 0;
    let result: unknown;
    try {
      if (target.kind === 'function') result = (exported[name] as (...all: unknown[]) => unknown)(...args);
      else if (target.kind === 'class') result = new (exported[name] as AnyClass)(...args);
      else {
        const receiver = target.kind === 'static' ? exported[target.type] : this.object(target.type, on);
        result = memberOf(receiver, target.method, args);
        if (receiver instanceof s.Socket && receiver.fileno() >= 0) receiver.setBlocking(false);
      }
    } catch (error) {
      this.note(name, error);
      return;
    }
    this.settle(name, result, 0);
  }

  /** Waits for what a call has returned, a short time, and takes note of what must be closed. */
  private settle(name: string, result: unknown, depth: number): void {
    if (typeof result !== 'object' || result === null || depth > 2 || types.isProxy(result)) return;
    if (result instanceof s.Future) this.observe(name, result, depth);
    else if (s.isCoroutine(result)) {
      try {
        this.observe(name, s.createTask(s.waitFor(result as s.Coroutine<unknown>, WAIT_MS)), depth);
      } catch (error) {
        this.note(name, error);
      }
    } else if (result instanceof Promise) {
      result.then(
        (value: unknown) => this.settle(name, value, depth + 1),
        (error: unknown) => this.noteError(name, error),
      );
    } else if (name === 'pipe') this.pipes.push(...(Object.values(result) as number[]));
    else {
      this.own(result);
      // Pairs, `{ socket, address }`, `{ reader, writer }`, `{ transport, protocol }`.
      if (isPlain(result)) for (const each of Object.values(result)) this.settle(name, each, depth + 1);
    }
  }

  private observe(name: string, future: s.Future, depth: number): void {
    if (depth > 0 && !(future instanceof s.Task)) return;
    future.addDoneCallback(() => {
      if (future.cancelled()) return;
      const error = future.exception();
      if (error !== null) this.noteError(name, error);
      else this.settle(name, future.result(), depth + 1);
    });
  }

  /** Closes the object at the end, if it can be closed. */
  private own(made: unknown): void {
    if (typeof made !== 'object' || made === null || types.isProxy(made) || made === s.getRunningLoop()) return;
    if (made instanceof s.Socket && made.fileno() >= 0) made.setBlocking(false);
    if (isPlain(made) || this.made.has(made)) return;
    this.made.add(made);
    if (made instanceof EventEmitter) made.on('error', () => undefined);
  }

  private closeAll(): void {
    for (const each of this.made) {
      if (each instanceof s.EventLoop || each instanceof s.Runner || each instanceof s.Future) continue;
      for (const method of ['kill', 'destroy', 'abort', 'close', 'shutdown'] as const) this.end(each, method);
    }
    for (const fd of this.pipes) s.fd.close(fd);
  }

  private end(object: object, method: string): void {
    try {
      const member = (object as Record<string, unknown>)[method];
      if (typeof member !== 'function') return;
      void Promise.resolve((member as AnyFunction).call(object)).catch(() => undefined);
    } catch {
      // It is of another kind, or closed already.
    }
  }

  /** Closes the loops that calls have made, outside of the loop. */
  async afterwards(): Promise<void> {
    for (const each of this.made) {
      if (each instanceof s.Runner) await each.close();
      else if (each instanceof s.EventLoop) each.close();
    }
  }

  private sideEffect(): void {
    const { random } = this;
    random.pick([
      () => (this.object('Socket', random.between(0, 3)) as s.Socket | undefined)?.close(),
      () => (this.object('Task', random.between(0, 3)) as s.Task | undefined)?.cancel(),
      () => (this.object('EpollSelector', random.between(0, 3)) as s.Selector | undefined)?.close(),
      () => this.resolver.live.change(),
      () => globalThis.gc?.(),
      () => {
        throw new Planned('thrown by a getter');
      },
    ])();
  }
}

/** Calls a method, or reads and writes an accessor. */
function memberOf(receiver: unknown, name: string, args: unknown[]): unknown {
  const key = name.startsWith('[Symbol.') ? Symbol[name.slice(8, -1) as 'iterator'] : name;
  const member = (receiver as Record<PropertyKey, unknown>)[key];
  return typeof member === 'function' ? (member as AnyFunction).apply(receiver, args) : member;
}

/** An array, or an object of no class. */
function isPlain(value: object): boolean {
  if (types.isProxy(value)) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function* objectsIn(args: readonly Argument[]): Generator<string> {
  for (const each of args) {
    if (each === null || typeof each !== 'object') continue;
    if ('object' in each) yield each.object;
    else if ('list' in each) yield* objectsIn(each.list);
    else if ('record' in each) yield* objectsIn(Object.values(each.record));
  }
}

/** Returns the classes of whose methods no call is made, and the names that are left out but do not exist. */
export function unreachedPublic(): string[] {
  const classes = new Set([...targets.values()].filter(({ kind }) => kind === 'method').map(({ type }) => type));
  const missing = [...classes].filter((type) => !Object.hasOwn(INSTANCES, type) && !isError(exported[type]));
  const all = new Set(publicTargets(true).map(({ name }) => name));
  return [
    ...missing,
    ...Object.keys(LEFT_OUT)
      .filter((name) => !all.has(name))
      .map((name) => `${name}, which is left out`),
  ];
}
