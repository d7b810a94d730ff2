/** The tools of scenarios: two ends, and the log of their observations. */

import {
  IncompleteReadError,
  LimitOverrunError,
  type Coroutine,
  type Future,
  type Steps,
  type StreamReader,
  type StreamWriter,
  type Task,
  createTask,
} from 'selectloop';

import { patterned as newPattern } from '../../support/sockets.js';
import type { Kind, Pair } from './kinds.js';

const patterns = new Map<number, Buffer>();

/** Bytes that reveal any change of order. Do not modify them. */
export function patterned(length: number): Buffer {
  const known = patterns.get(length) ?? newPattern(length);
  patterns.set(length, known);
  return known;
}

/** A scenario to run on every kind of connection. */
export interface Scenario {
  readonly name: string;
  /** The limit of both readers. */
  readonly limit?: number;
  /** Uses async functions, which a blocking loop cannot run. */
  readonly hosted?: true;
  /** The kinds to run it on. Default: all. */
  readonly only?: readonly Kind[];
  readonly steps: (scene: Scene) => Steps<void>;
  /** The expected log on every kind. */
  readonly log: readonly string[];
  /** Kinds with a different expected log, because the medium differs, and the reason. */
  readonly except?: Partial<Record<Kind, { readonly because: string; readonly log: readonly string[] }>>;
}

/** An operation that can be awaited. */
type Operation<T> = Coroutine<T> | Future<T>;

/** An end of the connection, with its name in the log. */
export interface End {
  readonly name: 'a' | 'b';
  readonly reader: StreamReader;
  readonly writer: StreamWriter;
}

export class Scene {
  readonly log: string[] = [];
  readonly a: End;
  readonly b: End;

  constructor(pair: Pair) {
    this.a = { name: 'a', ...pair.a };
    this.b = { name: 'b', ...pair.b };
  }

  note(text: string): void {
    this.log.push(text);
  }

  /** Waits for an operation, and logs its result or error. */
  *result(what: string, operation: Operation<unknown>): Steps<void> {
    this.note(`${what}: ${yield* outcome(operation)}`);
  }

  /** Logs the result or error of a call that does not wait. */
  call(what: string, action: () => unknown): void {
    try {
      this.note(`${what}: ${show(action())}`);
    } catch (error) {
      this.note(`${what}: ${show(error)}`);
    }
  }

  /** Starts an operation whose outcome `result` logs later. It is waiting when this returns. */
  *started<T>(operation: Operation<T>): Steps<Task<T>> {
    const task = createTask(function* () {
      return yield* operation;
    });
    yield;
    return task;
  }

  /** Both ends close, and wait until they are closed. (TLS waits for the close of the peer.) */
  *bothClose(): Steps<void> {
    const ends = [this.a, this.b];
    for (const { writer } of ends) writer.close();
    for (const { name, writer } of ends) yield* this.result(`${name} is closed`, writer.waitClosed());
  }
}

/** The result or error of an operation, as text. */
function* outcome(operation: Operation<unknown>): Steps<string> {
  try {
    return show(yield* operation);
  } catch (error) {
    return show(error);
  }
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return showBytes(Buffer.from(value));
  if (value instanceof IncompleteReadError) return `IncompleteReadError after ${showBytes(value.partial)}`;
  if (value instanceof LimitOverrunError) return `LimitOverrunError, ${value.consumed} consumed`;
  if (typeof value === 'boolean') return String(value);
  if (!(value instanceof Error)) return 'done';
  const { code } = value as { code?: string };
  // Which of the two a kernel reports depends on which it notices first, and Node's errors are not OSErrors.
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the connection is lost';
  return code === undefined ? value.name : `${value.name} ${code}`;
}

function showBytes(bytes: Buffer): string {
  if (bytes.length === 0) return 'the end';
  if (bytes.length <= 40) return JSON.stringify(bytes.toString());
  return `${bytes.length} bytes, ${bytes.equals(patterned(bytes.length)) ? 'in order' : 'NOT IN ORDER'}`;
}
