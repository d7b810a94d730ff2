/** Our connections as streams of Node's. */

import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';

import { InvalidStateError, wrongType } from '../errors/index.js';
import { TransportDuplex, checkNodeRuns, duplexOf } from '../bridge/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { StreamReader, StreamWriter } from '../streams/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Transport } from '../transports/index.js';
import { handOver } from '../transports/hand-over.js';

/** What `toDuplex` returns: over a socket a `net.Socket`, over TLS a TLSSocket, else a Duplex with all public members of `net.Socket`. */
export type SocketDuplex = Duplex & Omit<NetSocket, keyof Duplex>;

/**
 * A connection as a Duplex: to `pipe` and `pipeline`, and for every library that takes a stream.
 *
 * The connection is handed over. Over a socket the result is a `net.Socket` on the same descriptor, over TLS it is the TLSSocket, with
 * all that Node's documentation says of them and with Node's defaults: our side ends after the peer's. What was received and
 * not read comes first, then what the socket receives; what was written and not sent is sent first. Where there is no socket (memory, the
 * two pipes of a child process, transports of your own) the result is a Duplex that behaves alike.
 *
 * The reader and the writer, or the transport, follow it: they refuse to read and write (InvalidStateError), `close()` ends the duplex,
 * `waitClosed()` waits for its end, and a protocol is told of nothing but `connectionLost`. The duplex belongs to the loop that runs: when that
 * closes, it is destroyed.
 *
 * @throws LoopError ERR_NEEDS_HOST in a blocking loop; TypeError; InvalidStateError for a connection that is closed
 */
export function toDuplex(reader: StreamReader, writer: StreamWriter): SocketDuplex;
export function toDuplex(transport: Transport): SocketDuplex;
export function toDuplex(source: StreamReader | Transport, writer?: StreamWriter): SocketDuplex {
  const loop = currentLoop();
  if (source instanceof StreamReader) {
    if (!(writer instanceof StreamWriter)) throw wrongType('toDuplex: writer', 'a StreamWriter', writer);
    checkNodeRuns(loop, 'toDuplex');
    return fromStreams(loop, source, writer) as SocketDuplex;
  }
  if (!(source instanceof Transport))
    throw wrongType('toDuplex', 'a StreamReader and a StreamWriter, or a Transport', source);
  checkNodeRuns(loop, 'toDuplex');
  const given = handOver('toDuplex', source);
  if (given !== null) return duplexOf(loop, given, null) as SocketDuplex;
  const protocol = source.getProtocol();
  const duplex = new TransportDuplex(loop, 'toDuplex', { onLost: (error) => protocol?.connectionLost?.(error) });
  duplex.takeOver(source);
  return duplex;
}

function fromStreams(loop: LoopCore, reader: StreamReader, writer: StreamWriter): Duplex {
  const { transport } = writer;
  const inbox = reader._inbox;
  if (transport.isClosing()) throw new InvalidStateError('toDuplex: the transport is closed');
  inbox.checkFailure();
  const given = inbox.isFedBy(transport) ? handOver('toDuplex', transport) : null;
  if (given !== null) {
    const duplex = duplexOf(loop, given, inbox.giveAway());
    writer._follow(transport);
    return duplex;
  }
  const duplex = new TransportDuplex(loop, 'toDuplex', { onLost: (error) => writer._lost(error) });
  if (inbox.isFedBy(transport)) {
    const { ended } = inbox;
    const early = inbox.giveAway();
    if (early.length > 0) duplex.dataReceived(early);
    if (ended) duplex.eofReceived();
    duplex.takeOver(transport);
  } else {
    duplex.takeOver(transport, inbox.redirect(duplex));
  }
  writer._follow({
    isClosing: () => duplex.destroyed,
    close: () => duplex.destroySoon(),
    abort: () => void duplex.destroy(),
  });
  return duplex;
}
