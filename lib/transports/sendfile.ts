/** Sending a file over a transport, as asyncio's `loop.sendfile`. */

import { fstatSync } from 'node:fs';

import { InvalidStateError, OSError, wrongType } from '../errors/index.js';
import { type Sink, copyFile, copyStream } from '../sock/file-copy.js';
import { claimedSocketReady } from '../sock/readiness.js';
import { type FilePart, type OpenFile, type SendFileOptions, filePart, sendFileSteps } from '../sock/sock-sendfile.js';
import { EBADF, ECONNRESET, ENOTSUP } from '../sockets/errno.js';
import type { Socket } from '../sockets/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { Transport } from './contract.js';
import { SendObserver } from './send-observer.js';
import { WriteLock } from './write-lock.js';

/** Which part of a file is sent, and how. */
export interface TransportSendFileOptions extends SendFileOptions {
  /**
   * false: OSError ENOTSUP where the kernel cannot send the file to the connection by itself, instead of reading and writing it.
   * Default: true.
   */
  fallback?: boolean;
}

function* sendfileSteps(transport: Transport, part: FilePart, fallback: boolean): Steps<number> {
  if (transport.isClosing()) throw new InvalidStateError('sendfile: the transport is closed');
  const lock = new WriteLock(transport, 'sendfile');
  const observer = new SendObserver(transport, lock);
  try {
    lock.bypass(() => transport.write(Buffer.alloc(0))); // throws if the transport cannot write, or has ended its side
    return yield* sendPart(transport, part, fallback, observer, lock);
  } finally {
    lock.release(); // first: the protocol may write when it is told to resume
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
    yield; // a connection that takes everything would keep the loop otherwise
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
    // The descriptor went with the transport, which has been closed meanwhile.
    if (error instanceof OSError && error.errno === EBADF && transport.isClosing()) throw connectionLost();
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
 * Sends a file, or a part of it, over a connection, after everything that was written before; returns how many bytes, fewer than
 * `count` if the file ends before. On a plain TCP or UNIX connection the kernel copies the file to the socket (sendfile(2)), and it
 * never enters the process. Over TLS, pipes, Node's streams and in memory it is read and written piece by piece, 64 KiB at a time.
 *
 * While it runs, the connection's `write`, `writelines`, `writeEof` and `setProtocol`, and a second `sendfile`, throw an
 * InvalidStateError. Receiving goes on. The file's own position does not move. A pipe is read and sent as its bytes come, to its
 * end.
 *
 * Cancelled or failed, an unknown part has been sent and the connection is still open: unless the peer can tell, `abort()` it. The
 * file must stay open until then.
 *
 * @param file a descriptor or a FileHandle of `node:fs/promises`; stays the caller's
 * @throws TypeError, RangeError for misuse, immediately. When awaited: InvalidStateError if the transport is closed, has ended its
 *   side or is busy with another `sendfile`; OSError EPIPE, ECONNRESET if the connection ends before everything was sent, also by
 *   `close()` or `abort()`; ENOTSUP, see `fallback`; EBADF, EIO of the file; ESPIPE for a pipe and an offset
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
  return new Coroutine(sendfileSteps(transport, part, fallback), 'sendfile');
}
