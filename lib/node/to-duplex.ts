/** Our connections as streams of Node's. */

import type { Duplex } from 'node:stream';

import { InvalidStateError, wrongType } from '../errors/index.js';
import { StreamReader, StreamWriter } from '../streams/index.js';
import { Transport } from '../transports/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { SocketDuplex } from './socket-duplex.js';
import { StreamsDuplex } from './streams-duplex.js';

/**
 * A connection as a Duplex: to `pipe` and `pipeline`, and for every library that takes a stream.
 *
 * A reader and a writer stay usable by their names, but leave the reading and the writing to the duplex. A transport is taken over:
 * its protocol is replaced, and hears nothing more; the duplex has what a `net.Socket` has that such libraries use
 * (`remoteAddress`, `setTimeout`, `setNoDelay`, `destroySoon` ...).
 *
 * Whoever reads slowly makes the peer wait, and a peer that reads slowly makes `write` return false. `end()` ends our side, and the
 * peer may go on; `destroy()` closes the connection, and drops what was not sent before 'finish'. An error of the connection
 * destroys the duplex with it. It belongs to the loop that runs: when that closes, it is destroyed.
 *
 * @throws LoopError ERR_NEEDS_HOST in a blocking loop; TypeError; InvalidStateError for a transport that is closed
 */
export function toDuplex(reader: StreamReader, writer: StreamWriter): Duplex;
export function toDuplex(transport: Transport): SocketDuplex;
export function toDuplex(source: StreamReader | Transport, writer?: StreamWriter): Duplex {
  const loop = currentLoop();
  if (source instanceof StreamReader) {
    if (!(writer instanceof StreamWriter)) throw wrongType('toDuplex: writer', 'a StreamWriter', writer);
    return new StreamsDuplex(loop, source, writer);
  }
  if (!(source instanceof Transport))
    throw wrongType('toDuplex', 'a StreamReader and a StreamWriter, or a Transport', source);
  const duplex = new SocketDuplex(loop, 'toDuplex');
  if (source.isClosing()) throw new InvalidStateError('toDuplex: the transport is closed');
  duplex.takeOver(source);
  return duplex;
}
