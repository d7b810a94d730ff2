/** What scenarios are made of: two ends, and the log of what they observed. */

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

/** Bytes that show when they are out of order; not to be changed. */
export function patterned(length: number): Buffer {
  const known = patterns.get(length) ?? newPattern(length);
  patterns.set(length, known);
  return known;
}

/** One thing to try on every kind of connection. */
export interface Scenario {
  readonly name: string;
  /** The limit of both readers. */
  readonly limit?: number;
  /** Uses async functions, which a blocking loop cannot run. */
  readonly hosted?: true;
  /** The kinds that are ready for it. Default: all. */
  readonly only?: readonly Kind[];
  readonly steps: (scene: Scene) => Steps<void>;
  /** What is observed on every kind. */
  readonly log: readonly string[];
  /** Kinds on which something else is observed, because the medium is different, and why. */
  readonly except?: Partial<Record<Kind, { readonly because: string; readonly log: readonly string[] }>>;
}

/** What can be waited for. */
type Operation<T> = Coroutine<T> | Future<T>;

/** An end of the connection, by the name that the log calls it. */
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

  /** Waits for an operation, and notes what it gave or threw. */
  *result(what: string, operation: Operation<unknown>): Steps<void> {
    this.note(`${what}: ${yield* outcome(operation)}`);
  }

  /** Notes what a call that does not wait returned or threw. */
  call(what: string, action: () => unknown): void {
    try {
      this.note(`${what}: ${show(action())}`);
    } catch (error) {
      this.note(`${what}: ${show(error)}`);
    }
  }

  /** Starts an operation whose outcome is noted later, by `result`. It has begun to wait when this returns. */
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

/** What an operation gave or threw, as text. */
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
  // Which of the two a kernel reports depends on which it notices first, and Node's own errors are no OSErrors.
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the connection is lost';
  return code === undefined ? value.name : `${value.name} ${code}`;
}

function showBytes(bytes: Buffer): string {
  if (bytes.length === 0) return 'the end';
  if (bytes.length <= 40) return JSON.stringify(bytes.toString());
  return `${bytes.length} bytes, ${bytes.equals(patterned(bytes.length)) ? 'in order' : 'NOT IN ORDER'}`;
}
