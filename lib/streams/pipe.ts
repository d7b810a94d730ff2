/** Copying a stream to another one, with backpressure. */

import { wrongType } from '../errors/index.js';
import { type Coroutine, type Steps, abortable } from '../tasks/index.js';

/** Where `pipeTo` reads. */
interface PipeSource {
  read(n: number): Coroutine<Buffer>;
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

/** The most bytes that are read at a time. */
const CHUNK_BYTES = 65_536;

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
  let copied = 0;
  for (;;) {
    const bytes = yield* source.read(CHUNK_BYTES);
    if (bytes.length === 0) break;
    target.write(bytes);
    copied += bytes.length;
    yield* target.drain();
  }
  if (end) {
    if (target.canWriteEof()) target.writeEof();
    else target.close();
  }
  return copied;
}
