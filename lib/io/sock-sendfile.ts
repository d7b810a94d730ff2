/** Sending a file: the kernel copies it to the socket, the bytes never enter the process. */

import { OSError, checked, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { EAGAIN } from '../sockets/errno.js';
import { nativeConstant } from '../sockets/native-constant.js';
import type { Socket } from '../sockets/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { checkNonBlocking } from './non-blocking.js';
import { socketReady } from './readiness.js';
import { sockSendAll } from './sock-bytes.js';

/** Which part of a file is sent. */
export interface SendFileOptions {
  /** Where it begins, in bytes. Default: 0. */
  offset?: number;
  /** How many bytes. Default: to the end of the file. */
  count?: number;
}

/** A file that is open: its descriptor, or a FileHandle of `node:fs/promises`. */
export type OpenFile = number | { readonly fd: number };

/** One call at most sends this much, so that a fast receiver cannot keep other tasks waiting. */
const CHUNK_BYTES = 1 << 20;
const EINVAL = -nativeConstant('EINVAL');
const ENOSYS = -nativeConstant('ENOSYS');

function* sendFileSteps(socket: Socket, file: number, offset: number, count: number): Steps<number> {
  let sent = 0;
  while (sent < count) {
    const result = native.sendfile(socket.fileno(), file, offset + sent, Math.min(count - sent, CHUNK_BYTES));
    if (result === 0) break; // the end of the file
    if (result > 0) sent += result;
    else if (result === EAGAIN) yield* socketReady(socket, 'writer');
    else if (sent === 0 && offset === 0 && (result === EINVAL || result === ENOSYS))
      return yield* copy(socket, file, count);
    else throw new OSError(result, 'sendfile');
  }
  return sent;
}

/** For what sendfile cannot read from (a pipe, some file systems): read and send. */
function* copy(socket: Socket, file: number, count: number): Steps<number> {
  const buffer = Buffer.allocUnsafe(Math.min(count, 1 << 16));
  let sent = 0;
  while (sent < count) {
    const length = checked(native.read(file, buffer, 0, Math.min(buffer.length, count - sent)), 'read');
    if (length === 0) break;
    yield* sockSendAll(socket, buffer.subarray(0, length));
    sent += length;
  }
  return sent;
}

/** Sends a file, or a part of it, by sendfile(2); returns how many bytes were sent. The file's own position does not move. */
export function sockSendFile(socket: Socket, file: OpenFile, options: SendFileOptions = {}): Coroutine<number> {
  checkNonBlocking(socket, 'sockSendFile');
  const descriptor: unknown = typeof file === 'object' && file !== null ? file.fd : file;
  if (!Number.isInteger(descriptor)) throw wrongType('sockSendFile: file', 'a descriptor or a FileHandle', file);
  const { offset = 0, count = Number.MAX_SAFE_INTEGER } = options;
  for (const [name, value] of Object.entries({ offset, count })) {
    if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(`sockSendFile: ${name}`, 'an integer >= 0', value);
  }
  return new Coroutine(sendFileSteps(socket, descriptor as number, offset, count), 'sockSendFile');
}
