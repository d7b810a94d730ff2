/** Sends files: the arguments that all such functions share, and the implementation of `Socket.sendFile`, which has its documentation. */

import {
  InvalidStateError,
  OSError,
  TimeoutError,
  checkOptions,
  checked,
  outOfRange,
  wrongType,
} from '../errors/index.js';
import { native } from '../native/binding.js';
import { readSync } from '../platform/files.js';
import { sendUntil } from './bytes.js';
import { EAGAIN, EINVAL, ENOSYS, ENOTSUP, ESPIPE } from './errno.js';
import { READABLE, type TimedSocket, WRITABLE, deadlineOf, descriptorFor, retry } from './waiting.js';

/** The part of a file to send. */
export interface SendFileOptions {
  /** The offset of the first byte. Default: 0, the only offset that a pipe has. */
  offset?: number;
  /** The number of bytes. Default: to the end of the file. */
  count?: number;
}

/** An open file: its descriptor, or a FileHandle of `node:fs/promises`. */
export type OpenFile = number | { readonly fd: number };

/** The bytes to send, and the file that has them. */
export interface FilePart {
  readonly file: number;
  readonly offset: number;
  readonly count: number;
}

/** The errors of file systems that do not support sendfile(2), such as /proc and some FUSE file systems. @internal */
export const SENDFILE_UNSUPPORTED: readonly number[] = [EINVAL, ENOSYS, ENOTSUP];

/** The size of the buffer for files that the kernel cannot send. @internal */
export const COPY_BYTES = 1 << 16;

/** Checks the arguments and returns the part to send. TypeError or RangeError for misuse. @internal */
export function filePart(method: string, file: OpenFile, options: SendFileOptions): FilePart {
  const descriptor: unknown = typeof file === 'object' && file !== null ? file.fd : file;
  if (!Number.isInteger(descriptor)) throw wrongType(`${method}: file`, 'a descriptor or a FileHandle', file);
  const { offset = 0, count = Number.MAX_SAFE_INTEGER } = checkOptions(`${method}: options`, options);
  checkSize(`${method}: offset`, offset);
  checkSize(`${method}: count`, count);
  return { file: descriptor as number, offset, count };
}

function checkSize(name: string, value: unknown): void {
  if (typeof value !== 'number') throw wrongType(name, 'an integer >= 0', value);
  if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(name, 'an integer >= 0', value);
}

/** `Socket.sendFile`. */
export function sendFile(socket: TimedSocket, openFile: OpenFile, options: SendFileOptions): number {
  const { file, offset, count } = filePart('sendFile', openFile, options);
  const fd = descriptorFor(socket, 'sendfile');
  if (socket.getTimeout() === 0) {
    throw new InvalidStateError('sendFile: the socket must be blocking (sockSendFile is for non-blocking ones)');
  }
  const end = deadlineOf(socket);
  let sent = 0;
  while (sent < count) {
    const attempt = (): number => native.sendfile(fd, file, offset + sent, count - sent);
    const result = retry(socket, WRITABLE, 'sendfile', attempt, end);
    if (result === 0) break; // the end of the file
    if (result > 0) sent += result;
    else if (result === ESPIPE && offset === 0) return copy(socket, count, end, pipeReader(socket, file, end));
    else if (sent === 0 && SENDFILE_UNSUPPORTED.includes(result))
      return copy(socket, count, end, fileReader(file, offset));
    else throw new OSError(result, 'sendfile');
  }
  return sent;
}

/** Reads up to that many bytes into the start of the buffer; `position` bytes have been read before. Returns 0 at the end. */
type Read = (buffer: Buffer, length: number, position: number) => number;

function copy(socket: TimedSocket, count: number, end: number, read: Read): number {
  const buffer = Buffer.allocUnsafe(Math.min(count, COPY_BYTES));
  let sent = 0;
  while (sent < count) {
    const length = read(buffer, Math.min(buffer.length, count - sent), sent);
    if (length === 0) break;
    sendUntil(socket, buffer.subarray(0, length), 0, end);
    sent += length;
  }
  return sent;
}

function fileReader(file: number, offset: number): Read {
  return (buffer, length, position) => readSync(file, buffer, 0, length, offset + position);
}

function pipeReader(socket: TimedSocket, file: number, end: number): Read {
  return (buffer, length) => {
    for (;;) {
      // Wait also if the pipe is blocking, because its wait would not end at the deadline.
      const left = end - native.now();
      const ready = checked(native.wait(file, READABLE, left === Infinity ? -1 : Math.max(left, 0)), 'poll');
      if (ready === 0) throw new TimeoutError(`sendfile timed out after ${socket.getTimeout()} ms`);
      const got = native.read(file, buffer, 0, length);
      if (got !== EAGAIN) return checked(got, 'read');
    }
  };
}
