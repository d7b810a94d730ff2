/** Sends a file by reading it: for files that sendfile(2) refuses, and for connections that are not plain sockets. */

import { OSError } from '../errors/index.js';
import { native } from '../native/binding.js';
import { readSync } from '../platform/files.js';
import { EAGAIN } from '../sockets/errno.js';
import { COPY_BYTES } from '../sockets/send-file.js';
import type { Steps } from '../tasks/index.js';
import { waitReadable } from './readiness.js';

/** Sends bytes, and returns when the buffer may be reused. */
export type Sink = (data: Buffer) => Steps<void>;

/** Reads a stream and sends its bytes as they arrive, until EOF or `count` bytes. Returns the number of bytes sent. */
export function* copyStream(sink: Sink, file: number, count: number): Steps<number> {
  const buffer = Buffer.allocUnsafe(Math.min(count, COPY_BYTES));
  let sent = 0;
  while (sent < count) {
    yield* waitReadable(file); // the descriptor may be in blocking mode
    const length = native.read(file, buffer, 0, Math.min(buffer.length, count - sent));
    if (length === 0) break;
    if (length === EAGAIN) continue;
    if (length < 0) throw new OSError(length, 'read');
    yield* sink(buffer.subarray(0, length));
    sent += length;
  }
  return sent;
}

/** Reads a file at explicit offsets, as sendfile does, and sends it. Returns the number of bytes sent. */
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
