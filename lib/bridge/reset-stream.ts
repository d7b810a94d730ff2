/** Resets the TCP connection of a Node stream. */

import net from 'node:net';

/** Destroys a `net.Socket` with RST. Does nothing to other streams: pipes have no reset, and TLS is a layer on another connection. */
export function resetIfTcp(stream: object): void {
  if (!(stream instanceof net.Socket) || stream.destroyed || 'encrypted' in stream) return;
  try {
    stream.resetAndDestroy();
  } catch {
    // It is a UNIX socket, which Node refuses to reset.
  }
}
