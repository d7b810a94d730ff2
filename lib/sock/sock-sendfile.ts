/** Sending a file: the kernel copies it to the socket, the bytes never enter the process. */

import { OSError, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { EAGAIN, EBADF, EINVAL, ENOSYS, ENOTSUP, ESPIPE } from '../sockets/errno.js';
import type { Socket } from '../sockets/index.js';
import { Coroutine, type Future, type Steps } from '../tasks/index.js';
import { type Sink, copyFile, copyStream } from './file-copy.js';
import { checkNonBlocking } from './non-blocking.js';
import { socketReady } from './readiness.js';
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

/** The file system cannot do it: /proc, some FUSE file systems. */
const UNSUPPORTED: readonly number[] = [EINVAL, ENOSYS, ENOTSUP];

/** Which bytes are sent, from what. */
export interface FilePart {
  readonly file: number;
  readonly offset: number;
  readonly count: number;
}

/** How a file is sent to a socket. */
export interface FileTarget {
  readonly socket: Socket;
  /** Waits until the socket has room. */
  readonly room: () => Future<void>;
  /** Sends what the kernel cannot send from the file; null: that is an error. */
  readonly copy: Sink | null;
}

/** Sends by sendfile(2), or by `target.copy` where the kernel refuses the file. Returns how many bytes. */
export function* sendFileSteps(target: FileTarget, { file, offset, count }: FilePart): Steps<number> {
  const { socket, copy } = target;
  let sent = 0;
  while (sent < count) {
    const out = socket.fileno();
    // The kernel looks at the file first: of a closed socket and a pipe it would only say that the pipe has no offsets.
    const result = out < 0 ? EBADF : native.sendfile(out, file, offset + sent, Math.min(count - sent, CHUNK_BYTES));
    if (result === 0) break; // the end of the file
    if (result > 0) sent += result;
    if (result === CHUNK_BYTES) yield;
    else if (result === EAGAIN) yield* target.room();
    else if (copy !== null && result === ESPIPE && offset === 0) return yield* copyStream(copy, file, count);
    else if (copy !== null && sent === 0 && UNSUPPORTED.includes(result))
      return yield* copyFile(copy, file, offset, count);
    else if (result < 0) throw new OSError(result, 'sendfile');
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
  const target = {
    socket,
    room: () => socketReady(socket, 'writer', 'sendfile'),
    copy: (data: Buffer) => sockSendAll(socket, data)[Symbol.iterator](),
  };
  return new Coroutine(sendFileSteps(target, filePart('sockSendFile', file, options)), 'sockSendFile');
}

/** Checks what is to be sent. TypeError, RangeError. */
export function filePart(method: string, file: OpenFile, options: SendFileOptions): FilePart {
  const descriptor: unknown = typeof file === 'object' && file !== null ? file.fd : file;
  if (!Number.isInteger(descriptor)) throw wrongType(`${method}: file`, 'a descriptor or a FileHandle', file);
  const { offset = 0, count = Number.MAX_SAFE_INTEGER } = options;
  checkSize(`${method}: offset`, offset);
  checkSize(`${method}: count`, count);
  return { file: descriptor as number, offset, count };
}

function checkSize(name: string, value: unknown): void {
  if (typeof value !== 'number') throw wrongType(name, 'an integer >= 0', value);
  if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(name, 'an integer >= 0', value);
}
