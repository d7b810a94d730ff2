/**
 * Writers that were dropped, with their readers, while the connection was open.
 *
 * Nobody can close it any more, and the peer would wait. So it is closed when the writer is collected, with a warning. A connection
 * that has ended is forgotten here at once: a target of a FinalizationRegistry survives every quick collection, however short its
 * life was, and a server whose connections are short would be busy moving dead ones about.
 */

import type { LoopCore } from '../loop/loop-core.js';
import type { Transport } from '../transports/contract.js';
import { outermost } from '../transports/layers.js';

const dropped = new FinalizationRegistry<WatchedWriter>((writer) => {
  writer.wasDropped();
});

/** What is known of a writer that must not be dropped. */
export class WatchedWriter {
  /** Null once it has ended: the engine keeps this record, of which it has been told, until the next full collection. */
  private transport: Transport | null;

  /** @param writer whose connection is open */
  constructor(
    writer: object,
    transport: Transport,
    private readonly loop: LoopCore,
  ) {
    this.transport = transport;
    dropped.register(writer, this, this);
  }

  /** The connection has ended. */
  forget(): void {
    dropped.unregister(this);
    this.transport = null;
  }

  /** @internal Only for the finalizer. */
  wasDropped(): void {
    const top = outermost(this.transport!);
    if (top.isClosing()) return;
    const what = `unclosed <StreamWriter transport=${describeTransport(top)}>`;
    if (this.loop.isClosed()) {
      process.emitWarning(`${what}, and its loop is closed`, 'ResourceWarning');
      return;
    }
    process.emitWarning(`${what}: close() it, or declare it with "await using"`, 'ResourceWarning');
    top.close();
  }
}

/** A transport says what it is, though its class need not. */
export function describeTransport(transport: unknown): string {
  return String(transport);
}
