/** Copying a stream to another one, with backpressure. */

import { wrongType } from '../errors/index.js';
import { type Coroutine, type Steps, abortable } from '../tasks/index.js';

/** Where `pipeTo` reads. */
interface PipeSource {
  readInto(buffer: Uint8Array): Coroutine<number>;
}

/** Where `pipeTo` writes: a StreamWriter. */
export interface PipeTarget {
  /** Writes bytes without waiting. */
  write(data: Uint8Array): void;
  /** Waits while the write buffer is too full. */
  drain(): Coroutine<void>;
  /** Returns true if `writeEof` is supported. */
  canWriteEof(): boolean;
  /** Half-closes the stream. */
  writeEof(): void;
  /** Closes both sides of the connection. */
  close(): void;
  /** @internal See StreamWriter. */
  _endSignal(): AbortSignal;
}

/** The most bytes of one receive: a larger one costs less, but the write buffer of the target exceeds its high-water mark by as much. */
const CHUNK_BYTES = 131_072;

/**
 * The memory of all copies of the thread. A copy writes its bytes in the step in which it gets them, and a write keeps none of the caller's
 * memory, so no other copy can receive in between.
 */
let shared: Buffer | null = null;

/** Throws a TypeError unless `target` is a StreamWriter. */
export function checkTarget(target: unknown): void {
  if (typeof (target as Partial<PipeTarget> | null | undefined)?._endSignal === 'function') return;
  throw wrongType('StreamReader.pipeTo: writer', 'a StreamWriter', target);
}

/**
 * Copies until EOF; see `StreamReader.pipeTo`. The steps follow the end of the target's connection, because a copy that waits for bytes
 * would not notice it, and would keep the connection of the source open.
 */
export function* pipeSteps(source: PipeSource, target: PipeTarget, end: boolean): Steps<number> {
  return yield* abortable('StreamReader.pipeTo', copySteps(source, target, end), { signal: target._endSignal() });
}

function* copySteps(source: PipeSource, target: PipeTarget, end: boolean): Steps<number> {
  const chunk = (shared ??= Buffer.allocUnsafeSlow(CHUNK_BYTES));
  let copied = 0;
  for (let count; (count = yield* source.readInto(chunk)) > 0; copied += count) {
    target.write(chunk.subarray(0, count));
    yield* target.drain();
  }
  if (end) {
    if (target.canWriteEof()) target.writeEof();
    else target.close();
  }
  return copied;
}
