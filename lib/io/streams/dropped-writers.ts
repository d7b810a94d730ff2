/**
 * Writers that were dropped, with their readers, while the connection was open.
 *
 * Nobody can close it any more, and the peer would wait. So it is closed when the writer is collected, with a warning. A connection
 * that has ended is forgotten here at once: a target of a FinalizationRegistry lives until the next full collection, however
 * short its life was, and a server whose connections are short would be busy moving dead ones about.
 */

import type { LoopCore } from '../../loop/loop-core.js';
import type { Transport } from '../transports/contract.js';
import { outermost } from '../transports/layers.js';

interface Connection {
  readonly transport: Transport;
  readonly loop: LoopCore;
}

const dropped = new FinalizationRegistry<Connection>(({ transport, loop }) => {
  const top = outermost(transport);
  if (top.isClosing()) return;
  const what = `unclosed <StreamWriter transport=${describeTransport(top)}>`;
  if (loop.isClosed()) {
    process.emitWarning(`${what}, and its loop is closed`, 'ResourceWarning');
    return;
  }
  process.emitWarning(`${what}: close() it, or declare it with "await using"`, 'ResourceWarning');
  top.close();
});

/** From now on `writer` must not be dropped. @param protocol the one of the connection */
export function watchWriter(writer: object, protocol: object, connection: Connection): void {
  dropped.register(writer, connection, protocol);
}

/** The connection of `protocol` has ended. */
export function forgetWriter(protocol: object): void {
  dropped.unregister(protocol);
}

/** A transport says what it is, though its class need not. */
export function describeTransport(transport: unknown): string {
  return String(transport);
}
