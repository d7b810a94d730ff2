/** Turns a handed-over connection into a Node stream. */

import type { Duplex } from 'node:stream';

import { OSError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { Socket } from '../sockets/index.js';
import type { HandOver } from '../transports/hand-over.js';
import { wantsReset } from '../transports/reset.js';
import { nodeError } from './node-errors.js';
import { destroyWithLoop, toNodeSocket } from './node-socket.js';
import { resetIfTcp } from './reset-stream.js';

/**
 * Returns a stream that moves the bytes from now on: a new `net.Socket` for a socket, otherwise the stream that the transport used. Bytes
 * that the transport held are read from it, or written to it, first.
 *
 * @param early bytes that arrived before those the transport still holds
 */
export function streamOf(loop: LoopCore, given: HandOver, early: Buffer | null, allowHalfOpen: boolean): Duplex {
  const { underlying, failure } = given;
  const stream = underlying instanceof Socket ? onDescriptor(loop, given, underlying, { allowHalfOpen }) : underlying;
  for (const chunk of [early, ...given.received].reverse())
    if (chunk !== null && chunk.length > 0) stream.unshift(chunk);
  for (const chunk of given.unsent) stream.write(chunk);
  if (failure !== 0) failReading(stream, failure);
  return stream;
}

/**
 * Returns the stream as a program gets it: with Node's defaults, and followed by the transport.
 *
 * @param early as for {@link streamOf}
 */
export function duplexOf(loop: LoopCore, given: HandOver, early: Buffer | null): Duplex {
  const stream = streamOf(loop, given, early, false);
  const { underlying, eofWritten, follow, closed } = given;
  if (stream === underlying) restoreDefaults(loop, stream);
  if (eofWritten) stream.end();
  follow({
    isClosing: () => stream.destroyed,
    close: () => endInOrder(stream),
    abort: (options) => {
      if (wantsReset(options)) resetIfTcp(stream);
      stream.destroy();
    },
  });
  stream.once('close', () => closed(stream.errored));
  return stream;
}

function onDescriptor(loop: LoopCore, given: HandOver, socket: Socket, options: { allowHalfOpen: boolean }): Duplex {
  try {
    return toNodeSocket(loop, socket, { ...options, manualStart: given.failure !== 0 });
  } catch (error) {
    socket.close();
    given.closed(error);
    throw error;
  }
}

/**
 * Ends a stream as Node does after a failed read. The kernel reports an error only once and the transport has got it, so a read by Node
 * would return EOF. The immediate leaves a reader the time to read the bytes before the error.
 */
function failReading(stream: Duplex, errno: number): void {
  stream._read = () => undefined;
  setImmediate(() => void stream.destroy(nodeError(new OSError(errno, 'read'))));
}

function restoreDefaults(loop: LoopCore, stream: Duplex): void {
  stream.allowHalfOpen = false;
  if (stream.readableEnded) stream.end();
  destroyWithLoop(loop, stream);
}

/** Does what `transport.close()` does. TLS keeps reading what the peer sends: unread bytes would cause a reset, which loses written ones. */
function endInOrder(stream: Duplex): void {
  stream.end();
  if ('encrypted' in stream) stream.resume();
  else if (stream.writableFinished) stream.destroy();
  else stream.once('finish', () => void stream.destroy());
}
