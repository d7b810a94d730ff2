/** Sending a file: the kernel copies it to the socket, the bytes never enter the process. */

import { readSync } from 'node:fs';

import { OSError, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { EAGAIN, EBADF } from '../sockets/errno.js';
import { nativeConstant } from '../sockets/native-constant.js';
import type { Socket } from '../sockets/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { checkNonBlocking } from './non-blocking.js';
import { socketReady, waitReadable } from './readiness.js';
import { sockSendAll } from './sock-bytes.js';

/** Which part of a file is sent. */
export interface SendFileOptions {
  /** Where it begins, in bytes. Default: 0. A pipe has no other place to begin at. */
  offset?: number;
  /** How many bytes. Default: to the end of the file. */
  count?: number;
}

/** A file that is open: its descriptor, or a FileHandle of `node:fs/promises`. */
export type OpenFile = number | { readonly fd: number };

/** What one call sends at most. Between two full ones the others get a turn, or a fast receiver would keep them waiting. */
const CHUNK_BYTES = 1 << 20;
const COPY_BYTES = 1 << 16;

/** The file has no offsets: a pipe, a terminal, another socket. */
const ESPIPE = -nativeConstant('ESPIPE');
/** The file system cannot do it: /proc, some FUSE file systems. */
const UNSUPPORTED: readonly number[] = ['EINVAL', 'ENOSYS', 'EOPNOTSUPP'].map((name) => -nativeConstant(name));

function* sendFileSteps(socket: Socket, file: number, offset: number, count: number): Steps<number> {
  let sent = 0;
  while (sent < count) {
    const out = socket.fileno();
    // The kernel looks at the file first: of a closed socket and a pipe it would only say that the pipe has no offsets.
    const result = out < 0 ? EBADF : native.sendfile(out, file, offset + sent, Math.min(count - sent, CHUNK_BYTES));
    if (result === 0) break; // the end of the file
    if (result > 0) sent += result;
    if (result === CHUNK_BYTES) yield;
    else if (result === EAGAIN) yield* socketReady(socket, 'writer', 'sendfile');
    else if (result === ESPIPE && offset === 0) return yield* copyStream(socket, file, count);
    else if (sent === 0 && UNSUPPORTED.includes(result)) return yield* copyFile(socket, file, offset, count);
    else if (result < 0) throw new OSError(result, 'sendfile');
  }
  return sent;
}

/** Reads and sends what only comes piece by piece. */
function* copyStream(socket: Socket, file: number, count: number): Steps<number> {
  const buffer = Buffer.allocUnsafe(Math.min(count, COPY_BYTES));
  let sent = 0;
  while (sent < count) {
    yield* waitReadable(file); // it may well be in blocking mode
    const length = native.read(file, buffer, 0, Math.min(buffer.length, count - sent));
    if (length === 0) break;
    if (length === EAGAIN) continue;
    if (length < 0) throw new OSError(length, 'read');
    yield* sockSendAll(socket, buffer.subarray(0, length));
    sent += length;
  }
  return sent;
}

/** Reads and sends a file, at offsets, as sendfile would. */
function* copyFile(socket: Socket, file: number, offset: number, count: number): Steps<number> {
  const buffer = Buffer.allocUnsafe(Math.min(count, COPY_BYTES));
  let sent = 0;
  while (sent < count) {
    const length = readSync(file, buffer, 0, Math.min(buffer.length, count - sent), offset + sent);
    if (length === 0) break;
    yield* sockSendAll(socket, buffer.subarray(0, length));
    sent += length;
  }
  return sent;
}

/**
 * Sends a file, or a part of it, by sendfile(2); returns how many bytes were sent, fewer than `count` if the file ends before.
 * The file's own position does not move. A pipe is read and sent as its bytes come, to its end.
 *
 * When it is cancelled or fails, an unknown part has been sent, and up to 64 KiB of a pipe may be lost. The file must stay open
 * until then. OSError EPIPE or ECONNRESET when the peer is gone, ESPIPE for a pipe and an offset.
 */
export function sockSendFile(socket: Socket, file: OpenFile, options: SendFileOptions = {}): Coroutine<number> {
  checkNonBlocking(socket, 'sockSendFile');
  const descriptor: unknown = typeof file === 'object' && file !== null ? file.fd : file;
  if (!Number.isInteger(descriptor)) throw wrongType('sockSendFile: file', 'a descriptor or a FileHandle', file);
  const { offset = 0, count = Number.MAX_SAFE_INTEGER } = options;
  checkSize('offset', offset);
  checkSize('count', count);
  return new Coroutine(sendFileSteps(socket, descriptor as number, offset, count), 'sockSendFile');
}

function checkSize(name: string, value: unknown): void {
  if (typeof value !== 'number') throw wrongType(`sockSendFile: ${name}`, 'an integer >= 0', value);
  if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(`sockSendFile: ${name}`, 'an integer >= 0', value);
}
