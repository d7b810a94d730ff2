/**
 * One of our transports as a stream of Node's.
 *
 * The duplex is the protocol of the transport. It keeps the transport's write buffer out of the way (watermarks of 0): a write is
 * called complete when the kernel has taken all of it, so `writableLength` is all that waits, 'finish' means sent, and the
 * stream's own high water mark is the only one. In the other direction a reader that is full pauses the transport.
 */

import { Duplex } from 'node:stream';

import { OSError, describeValue } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { nativeConstant } from '../sockets/native-constant.js';
import type { Protocol, Transport } from '../transports/contract.js';
import type { Layer } from '../transports/layers.js';
import { giveBackWithLoop } from './give-back.js';
import { checkNodeRuns } from './needs-node.js';

const EPIPE = -nativeConstant('EPIPE');

type Done = (error?: Error | null) => void;

/** A Duplex over a transport, which it takes over: destroying one ends the other. */
export class TransportDuplex extends Duplex implements Protocol, Layer {
  /** @internal */
  _above: Transport | null = null;
  /** Null before the connection, and after it. */
  private transport: Transport | null = null;
  private readingPaused = false;
  /** Bytes wait in the transport. */
  private blocked = false;
  /** What is called once they have been sent. */
  private onSent: (() => void) | null = null;
  /** What is called once the connection is lost. */
  private onLost: (() => void) | null = null;
  private readonly forgetLoop: () => void;

  /** @throws LoopError ERR_NEEDS_HOST in a blocking loop */
  constructor(
    /** @internal */
    protected readonly loop: LoopCore,
    what: string,
  ) {
    checkNodeRuns(loop, what);
    super({ allowHalfOpen: true });
    this.forgetLoop = giveBackWithLoop(loop, this, (duplex) => {
      duplex.connectionLost(null); // the transport is closed with the loop as well, and will not say so
    });
  }

  /**
   * Takes over a transport that works for another protocol. What that one has received stays with it; what is still in the
   * transport's write buffer is sent before anything else.
   */
  takeOver(transport: Transport): void {
    if (transport.isClosing()) {
      this.destroy();
      return;
    }
    this.blocked = transport.getWriteBufferSize() > 0;
    transport.setProtocol(this);
    this.connectionMade(transport);
    transport.resumeReading();
    if (!transport.isReading()) this.push(null); // not paused and not closing: its end was received before
  }

  // --- The transport calls ------------------------------------------------------------------------------------------

  connectionMade(transport: Transport): void {
    this.transport = transport;
    transport.setWriteBufferLimits({ high: 0 });
  }

  dataReceived(data: Buffer): void {
    this.readingPaused = !this.push(data);
    if (this.readingPaused) this.transport?.pauseReading();
  }

  eofReceived(): boolean {
    this.push(null);
    return true;
  }

  pauseWriting(): void {
    this.blocked = true;
  }

  resumeWriting(): void {
    this.blocked = false;
    const { onSent } = this;
    this.onSent = null;
    onSent?.();
  }

  connectionLost(error: unknown): void {
    this.transport = null;
    this.forgetLoop();
    const { onLost } = this;
    this.onLost = null;
    if (onLost !== null) onLost();
    else this.destroy(asError(error));
  }

  // --- The stream calls ---------------------------------------------------------------------------------------------

  override _read(): void {
    if (!this.readingPaused) return;
    this.readingPaused = false;
    this.transport?.resumeReading();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.send(done, (transport) => transport.write(chunk));
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, done: Done): void {
    this.send(done, (transport) => transport.writelines(chunks.map(({ chunk }) => chunk)));
  }

  override _final(done: Done): void {
    const end = (): void => {
      this.send(done, (transport) => {
        if (transport.canWriteEof()) transport.writeEof();
        else transport.close();
      });
    };
    if (this.blocked) this.onSent = end;
    else end();
  }

  /** What has not been sent is dropped: who wants it sent ends the stream, and destroys it after 'finish'. */
  override _destroy(error: Error | null, done: Done): void {
    const finish = (): void => {
      const { onSent } = this;
      this.onSent = null;
      done(error);
      onSent?.(); // the write that was under way ends as well
    };
    const { transport } = this;
    this.forgetLoop();
    if (transport === null) finish();
    else {
      this.onLost = finish;
      transport.abort();
    }
  }

  private send(done: Done, act: (transport: Transport) => void): void {
    const { transport } = this;
    if (transport === null || transport.isClosing()) {
      done(new OSError(EPIPE, 'write'));
      return;
    }
    try {
      act(transport);
    } catch (error) {
      done(asError(error) ?? new OSError(EPIPE, 'write'));
      return;
    }
    if (this.blocked) this.onSent = () => done(this.destroyed ? new OSError(EPIPE, 'write') : null);
    else done();
  }
}

/** What a stream is destroyed with. */
function asError(error: unknown): Error | undefined {
  if (error === null || error === undefined) return undefined;
  return error instanceof Error ? error : new Error(describeValue(error), { cause: error });
}
