/** Turns a handed-over connection into a Node stream. */

import type { Duplex } from 'node:stream';

import type { LoopCore } from '../loop/loop-core.js';
import { Socket } from '../sockets/index.js';
import type { HandOver } from '../transports/hand-over.js';
import { destroyWithLoop, toNodeSocket } from './node-socket.js';

/**
 * Returns the stream: a new `net.Socket` for a socket; otherwise the stream that the transport used, with Node's defaults restored.
 *
 * @param early bytes that arrived before those the transport still holds
 */
export function duplexOf(loop: LoopCore, given: HandOver, early: Buffer | null): Duplex {
  const { ground } = given;
  const stream = ground instanceof Socket ? ownSocket(loop, given, ground) : withNodesDefaults(loop, ground);
  for (const chunk of [early, ...given.received].reverse())
    if (chunk !== null && chunk.length > 0) stream.unshift(chunk);
  for (const chunk of given.unsent) stream.write(chunk);
  if (given.eofWritten) stream.end();
  given.follow({
    isClosing: () => stream.destroyed,
    close: () => endInOrder(stream),
    abort: () => void stream.destroy(),
  });
  stream.once('close', () => given.ended(stream.errored));
  return stream;
}

function ownSocket(loop: LoopCore, given: HandOver, socket: Socket): Duplex {
  try {
    return toNodeSocket(loop, socket, { allowHalfOpen: false });
  } catch (error) {
    socket.close();
    given.ended(error);
    throw error;
  }
}

function withNodesDefaults(loop: LoopCore, stream: Duplex): Duplex {
  stream.allowHalfOpen = false;
  if (stream.readableEnded) stream.end();
  destroyWithLoop(loop, stream);
  return stream;
}

/** Does what `transport.close()` does. TLS keeps reading what the peer sends: unread bytes would cause a reset, which loses written ones. */
function endInOrder(stream: Duplex): void {
  stream.end();
  if ('encrypted' in stream) stream.resume();
  else if (stream.writableFinished) stream.destroy();
  else stream.once('finish', () => void stream.destroy());
}
