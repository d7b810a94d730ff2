/** Sends a file with sendfile(2): the kernel copies it to the socket, and its bytes never enter the process. */

import { OSError, optionNames } from '../errors/index.js';
import { native } from '../native/binding.js';
import { EAGAIN, EBADF, ESPIPE } from '../sockets/errno.js';
import type { OpenFile, SendFileOptions, Socket } from '../sockets/index.js';
import { type FilePart, SENDFILE_UNSUPPORTED, filePart } from '../sockets/send-file.js';
import { type Abortable, type Coroutine, type Future, type Steps, operation } from '../tasks/index.js';
import { type Sink, copyFile, copyStream } from './file-copy.js';
import { checkNonBlocking } from './non-blocking.js';
import { socketReady } from './readiness.js';
import { sockSendAll } from './sock-bytes.js';

/** The most bytes that one call sends. The task yields after a full call, so that a fast receiver does not starve other tasks. */
const CHUNK_BYTES = 1 << 20;

/** The destination of a file. */
export interface FileTarget {
  readonly socket: Socket;
  /** Waits until the socket is writable. */
  readonly room: () => Future<void>;
  /** Sends bytes that were read, where the kernel cannot send the file; null to fail instead. */
  readonly copy: Sink | null;
}

/** Sends with sendfile(2), or with `target.copy` if the kernel refuses the file. Returns the number of bytes sent. */
export function* sendFileSteps(target: FileTarget, { file, offset, count }: FilePart): Steps<number> {
  const { socket, copy } = target;
  let sent = 0;
  while (sent < count) {
    const out = socket.fileno();
    // The kernel checks the file first: for a closed socket and a pipe it would report only that the pipe has no offsets.
    const result = out < 0 ? EBADF : native.sendfile(out, file, offset + sent, Math.min(count - sent, CHUNK_BYTES));
    if (result === 0) break; // the end of the file
    if (result > 0) sent += result;
    if (result === CHUNK_BYTES) yield;
    else if (result === EAGAIN) yield* target.room();
    else if (copy !== null && result === ESPIPE && offset === 0) return yield* copyStream(copy, file, count);
    else if (copy !== null && sent === 0 && SENDFILE_UNSUPPORTED.includes(result))
      return yield* copyFile(copy, file, offset, count);
    else if (result < 0) throw new OSError(result, 'sendfile');
  }
  return sent;
}

const OPTIONS = optionNames<SendFileOptions & Abortable>({ offset: true, count: true, signal: true });

/**
 * Sends a file or a part of it with sendfile(2). Returns the number of bytes sent, which is less than `count` if the file is shorter.
 * The file position does not move. A pipe is sent as its bytes arrive, until its EOF.
 *
 * If it fails or is cancelled, an unknown part has been sent, and up to 64 KiB read from a pipe may be lost. The file must stay open
 * until the operation ends.
 *
 * @throws OSError EPIPE or ECONNRESET if the peer is gone, ESPIPE for a pipe with an offset; TypeError or RangeError for misuse
 */
export function sockSendFile(
  socket: Socket,
  file: OpenFile,
  options: SendFileOptions & Abortable = {},
): Coroutine<number> {
  checkNonBlocking(socket, 'sockSendFile');
  const target = {
    socket,
    room: () => socketReady(socket, 'writer', 'sendfile'),
    copy: (data: Buffer) => sockSendAll(socket, data)[Symbol.iterator](),
  };
  return operation('sockSendFile', sendFileSteps(target, filePart('sockSendFile', file, options)), options, OPTIONS);
}
