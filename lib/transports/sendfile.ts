/** Sending a file over a transport, as asyncio's `loop.sendfile`. */

import { InvalidStateError, OSError, isInstance, wrongType, optionNames } from '../errors/index.js';
import { fstatSync } from '../platform/files.js';
import { type Sink, copyFile, copyStream } from '../sock/file-copy.js';
import { claimedSocketReady } from '../sock/readiness.js';
import { sendFileSteps } from '../sock/sock-sendfile.js';
import { EBADF, ECONNRESET, ENOTSUP } from '../sockets/errno.js';
import type { OpenFile, SendFileOptions, Socket } from '../sockets/index.js';
import { type FilePart, filePart } from '../sockets/send-file.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import { Transport } from './contract.js';
import { SendObserver } from './send-observer.js';
import { WriteLock } from './write-lock.js';

/** Options of `sendfile`. */
export interface TransportSendFileOptions extends SendFileOptions, Abortable {
  /**
   * Whether to read and write the file where the kernel cannot send it directly. false throws OSError ENOTSUP there instead.
   * Default: true.
   */
  fallback?: boolean;
}

const OPTIONS = optionNames<TransportSendFileOptions>({ offset: true, count: true, fallback: true, signal: true });

function* sendfileSteps(transport: Transport, part: FilePart, fallback: boolean): Steps<number> {
  if (transport.isClosing()) throw new InvalidStateError('sendfile: the transport is closed');
  const lock = new WriteLock(transport, 'sendfile');
  const observer = new SendObserver(transport, lock);
  try {
    lock.bypass(() => transport.write(Buffer.alloc(0))); // throws if the transport cannot write, or has ended its side
    return yield* sendPart(transport, part, fallback, observer, lock);
  } finally {
    lock.release(); // before restore(), which may call resumeWriting, and that may write
    observer.restore();
  }
}

function* sendPart(
  transport: Transport,
  part: FilePart,
  fallback: boolean,
  observer: SendObserver,
  lock: WriteLock,
): Steps<number> {
  const copy: Sink = function* (data) {
    lock.bypass(() => transport.write(data));
    yield; // a connection that accepts everything immediately would starve the loop
    if (!(yield* observer.sent()) || lock.hasDropped) throw connectionLost();
  };
  if (!(yield* observer.sent())) throw connectionLost();
  const socket = transport._plainSocket();
  if (socket !== null) return yield* sendToSocket(transport, socket, part, fallback ? copy : null);
  if (!fallback) throw new OSError(ENOTSUP, 'sendfile');
  return yield* copyPart(copy, part);
}

function* sendToSocket(transport: Transport, socket: Socket, part: FilePart, copy: Sink | null): Steps<number> {
  const target = { socket, room: () => claimedSocketReady(socket, 'writer', 'sendfile'), copy };
  try {
    return yield* sendFileSteps(target, part);
  } catch (error) {
    // The transport, and with it the descriptor, was closed during the wait.
    if (isInstance(error, OSError) && error.errno === EBADF && transport.isClosing()) throw connectionLost();
    throw error;
  }
}

function* copyPart(copy: Sink, { file, offset, count }: FilePart): Steps<number> {
  const stat = fstatSync(file);
  const isStream = stat.isFIFO() || stat.isSocket() || stat.isCharacterDevice();
  return yield* isStream && offset === 0 ? copyStream(copy, file, count) : copyFile(copy, file, offset, count);
}

function connectionLost(): OSError {
  return new OSError(ECONNRESET, 'sendfile');
}

/**
 * Sends a file or a part of it over a connection, after all earlier writes. Returns the number of bytes sent, which is less than
 * `count` if the file is shorter. On a plain TCP or UNIX connection the kernel copies the file to the socket (sendfile(2)), so its
 * bytes never enter the process. Over TLS, pipes, Node streams and memory pairs the file is read and written 64 KiB at a time.
 *
 * During the operation the connection still receives, but its `write`, `writelines`, `writeEof` and `setProtocol`, and a second
 * `sendfile`, `toDuplex` and `startTls`, throw an InvalidStateError. The file position does not move. A pipe is sent as its bytes arrive, until its EOF.
 *
 * If the operation fails or is cancelled, an unknown part of the file has been sent and the connection is still open. Call `abort()`
 * unless the peer can detect the incomplete file. The file must stay open until the operation ends.
 *
 * @param file a descriptor or a FileHandle of `node:fs/promises`; the caller remains its owner
 * @throws TypeError or RangeError for misuse, immediately. When awaited: InvalidStateError if the transport is closed, was half-closed
 *   by `writeEof`, or is busy with another `sendfile`; OSError EPIPE, ECONNRESET if the connection ends before everything was sent,
 *   also through `close()` or `abort()`; ENOTSUP, see `fallback`; EBADF, EIO from the file; ESPIPE for a pipe with an offset
 */
export function sendfile(
  transport: Transport,
  file: OpenFile,
  options: TransportSendFileOptions = {},
): Coroutine<number> {
  if (!(transport instanceof Transport)) throw wrongType('sendfile: transport', 'a Transport', transport);
  const part = filePart('sendfile', file, options);
  const { fallback = true } = options;
  if (typeof fallback !== 'boolean') throw wrongType('sendfile: fallback', 'a boolean', fallback);
  return operation('sendfile', sendfileSteps(transport, part, fallback), options, OPTIONS);
}
