/** The end of a stream transport that is a descriptor: a socket or a pipe, registered with the loop's selector. */

import { OSError } from '../errors/index.js';
import type { ContextCarrier } from '../loop/context.js';
import type { Direction } from '../loop/descriptor-registry.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Watched, Watcher } from '../loop/watcher.js';
import { Socket } from '../sockets/socket.js';
import { EBADF } from '../sockets/errno.js';
import type { ByteChannel } from './channel.js';
import type { End, EndEvents } from './end.js';
import type { Detached, Successor } from './hand-over.js';
import { OpenTransport, type ConnectionTracker } from './open-transports.js';

/** The differences between sockets and pipes. */
export interface ChannelKind<C extends ByteChannel> {
  /** The name of the transport class. */
  readonly name: string;
  /** The system calls that error messages name. */
  readonly receives: string;
  readonly sends: string;
  /** Ends this side of the stream. */
  shutdown(channel: C): void;
}

/** A descriptor and its two watchers. */
export class DescriptorEnd<C extends ByteChannel> implements End, Watched {
  readonly receives: string;
  readonly sends: string;
  readonly unsent = 0;
  readonly sizeHint = -1;
  private events: (EndEvents & object) | null = null;
  private carrier!: ContextCarrier;
  private reader!: Watcher;
  /** Made on demand: most connections never wait to become writable. */
  private writer: Watcher | null = null;
  private readonly record: OpenTransport;

  /** @param tracker the server that counts the transport while it is open; null if none does */
  constructor(
    private readonly loop: LoopCore,
    readonly channel: C,
    private readonly kind: ChannelKind<C>,
    private readonly tracker: ConnectionTracker | null,
  ) {
    this.receives = kind.receives;
    this.sends = kind.sends;
    this.record = new OpenTransport(loop, channel, kind.name, tracker);
  }

  /** Makes the transport the owner of the descriptor. InvalidStateError if another transport owns it. */
  attach(transport: EndEvents & object, carrier: ContextCarrier): void {
    this.record.open(transport);
    this.events = transport;
    this.carrier = carrier;
    this.reader = new Watcher(this.loop, this.channel, 'reader', this, carrier);
    if (this.channel instanceof Socket) this.reader._receivesFrom = this.channel;
  }

  /** The transport that has the events; null once the descriptor is released. */
  get transport(): object | null {
    return this.events;
  }

  /** Adds the transport to its server's count. Called last, because a transport whose construction failed never reports its end. */
  counted(transport: object): void {
    this.tracker?.opened(this.record, transport as never);
  }

  /** Takes the socket out of batched receives: the program has requested it, and may peek at unread bytes. */
  receiveAlone(): void {
    this.reader._receivesFrom = null;
  }

  // --- Bytes --------------------------------------------------------------------------------------------------------

  hasMore(): boolean {
    return this.channel instanceof Socket && this.channel._hasAhead();
  }

  receive(n: number): Buffer | number {
    return this.channel.recvEx(n);
  }

  receiveInto(buffer: Uint8Array): number {
    return this.channel.recvIntoEx(buffer, 0, buffer.length);
  }

  send(data: Uint8Array): number {
    return this.channel.sendEx(data, 0, data.length);
  }

  sendAll(list: readonly Uint8Array[]): number {
    return this.channel.sendMsgEx(list);
  }

  // --- Events -------------------------------------------------------------------------------------------------------

  watchReadable(wanted: boolean): void {
    if (!wanted) {
      this.reader.disarm();
      return;
    }
    this.reader.arm();
    if (this.hasMore()) this.loop._enqueue(this.reader); // these bytes have left the kernel, so the selector cannot report them
  }

  watchWritable(wanted: boolean): void {
    if (!wanted) {
      this.writer?.disarm();
      return;
    }
    this.writer ??= new Watcher(this.loop, this.channel, 'writer', this, this.carrier);
    this.writer.arm();
  }

  /** @internal Called by a watcher: the descriptor is readable or writable. */
  _ready(direction: Direction): void {
    if (direction === 'reader') this.events!._readable();
    else this.events!._writable();
  }

  /** @internal Called by a watcher: code outside the transport closes the descriptor. */
  _descriptorClosed(): void {
    this.events?._failed(new OSError(EBADF, this.receives), 'read');
  }

  // --- Closing ------------------------------------------------------------------------------------------------------

  shutdown(): void {
    try {
      this.kind.shutdown(this.channel);
    } catch (error) {
      this.events?._failed(error, 'write');
    }
  }

  /** Makes the server count the successor instead of the transport. */
  follow(successor: Successor): void {
    this.record.follow(successor);
  }

  finish(): boolean {
    return true;
  }

  stopReceiving(): void {
    this.record.releaseClaim();
  }

  /** Releases the descriptor to another owner. Returns what was received but not delivered; see hand-over.ts. */
  detach(): Omit<Detached, 'underlying'> {
    this.reader.disarm();
    this.writer?.disarm();
    this.record.handedOver();
    if (!this.hasMore()) return { received: [], failure: 0 };
    const ahead = this.receive(Infinity); // makes no system call
    return typeof ahead === 'number' ? { received: [], failure: ahead } : { received: [ahead], failure: 0 };
  }

  stop(): void {
    this.reader.disarm();
    this.writer?.disarm();
    this.record.releaseClaim();
  }

  release(): void {
    this.events = null;
    this.record.unregister();
    this.record.closeChannel();
  }

  // --- Description --------------------------------------------------------------------------------------------------

  describe(bufferSize: number): string {
    const read = this.reader.isArmed ? 'polling' : 'idle';
    const write = this.writer?.isArmed === true ? 'polling' : 'idle';
    return `fd=${this.record.fd} read=${read} write=<${write}, bufsize=${bufferSize}>`;
  }

  toString(): string {
    return this.events?.toString() ?? `<${this.kind.name}>`;
  }
}
