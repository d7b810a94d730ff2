/** Reading a file to send it: for files that sendfile(2) refuses, and for what is no plain socket. */

import { readSync } from 'node:fs';

import { OSError } from '../errors/index.js';
import { native } from '../native/binding.js';
import { EAGAIN } from '../sockets/errno.js';
import type { Steps } from '../tasks/index.js';
import { waitReadable } from './readiness.js';

const COPY_BYTES = 1 << 16;

/** Sends bytes; returns when the buffer may be used again. */
export type Sink = (data: Buffer) => Steps<void>;

/** Reads and sends what arrives piece by piece, to the end of the stream or `count` bytes. Returns how many. */
export function* copyStream(sink: Sink, file: number, count: number): Steps<number> {
  const buffer = Buffer.allocUnsafe(Math.min(count, COPY_BYTES));
  let sent = 0;
  while (sent < count) {
    yield* waitReadable(file); // it may well be in blocking mode
    const length = native.read(file, buffer, 0, Math.min(buffer.length, count - sent));
    if (length === 0) break;
    if (length === EAGAIN) continue;
    if (length < 0) throw new OSError(length, 'read');
    yield* sink(buffer.subarray(0, length));
    sent += length;
  }
  return sent;
}

/** Reads and sends a file, at offsets, as sendfile would. Returns how many bytes. */
export function* copyFile(sink: Sink, file: number, offset: number, count: number): Steps<number> {
  const buffer = Buffer.allocUnsafe(Math.min(count, COPY_BYTES));
  let sent = 0;
  while (sent < count) {
    const length = readSync(file, buffer, 0, Math.min(buffer.length, count - sent), offset + sent);
    if (length === 0) break;
    yield* sink(buffer.subarray(0, length));
    sent += length;
  }
  return sent;
}
