/** Turns connections of this library into Node streams. */

import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';

import { InvalidStateError, wrongType } from '../errors/index.js';
import { TransportDuplex, checkNodeRuns, duplexOf } from '../bridge/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { StreamReader, StreamWriter } from '../streams/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Transport } from '../transports/index.js';
import { handOver } from '../transports/hand-over.js';

/** The result of `toDuplex`: a `net.Socket` for a socket, a TLSSocket for TLS, otherwise a Duplex with all public members of `net.Socket`. */
export type SocketDuplex = Duplex & Omit<NetSocket, keyof Duplex>;

/**
 * Returns the connection as a Duplex, for `pipe` and `pipeline` and for every library that takes a stream.
 *
 * The connection is handed over. For a socket the result is a `net.Socket` on the same descriptor; for TLS it is the TLSSocket. Both
 * behave as Node documents, with Node's defaults: the writing side ends after the peer's EOF. Unread bytes come first, before newly
 * received ones; unsent bytes are sent first. For a connection without a socket (memory pairs, the two pipes of a child process, your
 * own transports) the result is a Duplex that behaves the same.
 *
 * The reader and writer, or the transport, follow the duplex: reads and writes throw an InvalidStateError, `close()` ends the duplex,
 * `waitClosed()` waits until it has closed, and of the protocol only `connectionLost` is called. The duplex belongs to the running loop,
 * and is destroyed when the loop closes.
 *
 * @throws LoopError ERR_NEEDS_HOST in a blocking loop; TypeError for misuse; InvalidStateError if the connection is closed, was handed over
 *   before, or is busy with a `sendfile`
 *
 * @example
 * import { openConnection, run, startServer } from 'selectloop';
 * import { toDuplex } from 'selectloop/node';
 *
 * await run(async () => {
 *   const server = await startServer((reader, writer) => {
 *     const duplex = toDuplex(reader, writer);
 *     duplex.pipe(duplex);
 *   }, '127.0.0.1', 0);
 *   const { reader, writer } = await openConnection('127.0.0.1', server.port);
 *   writer.write(Buffer.from('echo'));
 *   writer.writeEof();
 *   console.log(String(await reader.read())); // echo
 *   writer.close();
 *   server.close();
 *   await server.waitClosed();
 * });
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
  inbox.checkFailure('toDuplex');
  const given = inbox.isFedBy(transport) ? handOver('toDuplex', transport) : null;
  if (given !== null) {
    const duplex = duplexOf(loop, given, inbox.detach());
    writer._follow(transport);
    return duplex;
  }
  const duplex = new TransportDuplex(loop, 'toDuplex', { onLost: (error) => writer._lost(error) });
  if (inbox.isFedBy(transport)) {
    const { ended } = inbox;
    const early = inbox.detach();
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
