/**
 * Closes connections whose writer and reader were leaked while the connection was open.
 *
 * No code can close such a connection, and its peer would wait. So it is closed, with a warning, when the writer is garbage collected; in a
 * blocking loop, where finalizers do not run, the closing loop closes it (open-transports.ts). A writer is unregistered as soon as its
 * connection ends: targets of a FinalizationRegistry survive every minor collection, so a server with short connections would spend its
 * time moving dead writers.
 */

import { textOf } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { Collected } from '../platform/collected.js';
import type { Transport } from '../transports/contract.js';
import { outermost } from '../transports/layers.js';

const dropped = new Collected<WatchedWriter>((writer) => {
  writer.wasDropped();
});

/** The record of a writer with an open connection. */
export class WatchedWriter {
  /** Null once the connection has ended: the FinalizationRegistry keeps this record until the next full collection. */
  private transport: Transport | null;

  /** @param writer a writer with an open connection */
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

  /** @internal Called by the finalizer, where an error would end the process. */
  wasDropped(): void {
    const transport = this.transport!;
    try {
      this.close(outermost(transport));
    } catch (exception) {
      this.loop.callExceptionHandler({ message: 'closing a dropped connection failed', exception, transport });
      transport.close();
    }
  }

  private close(top: Transport): void {
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

/** Describes a transport, even one of a class that the program wrote. */
export function describeTransport(transport: unknown): string {
  return textOf(transport);
}
