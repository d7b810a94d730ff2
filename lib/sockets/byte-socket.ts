/**
 * Sending and receiving bytes.
 *
 * Each call comes twice. The public one does what Python's does: it waits as the socket's mode says and throws. The `Ex` one is
 * for the layers above, which try first and wait in the event loop: it never waits on a non-blocking socket and returns
 * `-errno`, because an exception for every EAGAIN would cost more than the system call.
 */

import { OSError, checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { checkBytes, checkInt } from './arguments.js';
import { MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SOCK_STREAM } from './constants.js';
import { EAGAIN, EBADF } from './errno.js';
import {
  SMALL_BYTES,
  takeReceived,
  receiveBuffer,
  slabPosition,
  slabWithRoom,
  takeFromSlab,
  wholeBuffer,
} from './receive-buffer.js';
import { READABLE, TimedDescriptor, WRITABLE } from './timed-descriptor.js';

/** What every socket can do once it is connected. Part of {@link Socket}; not used alone. */
export abstract class ByteSocket extends TimedDescriptor {
  /** AF_INET, AF_INET6 or AF_UNIX. */
  readonly family: number;
  /** SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET. */
  readonly type: number;
  /** The last receive was a large one, so the next will probably be: see receive-buffer.ts. */
  private bulk = false;
  /** The last receive of a stream took all there was: see {@link _isDrained}. */
  private drained = false;
  /** The outcome of a receive that nobody has asked for yet: see {@link _keepAhead}. */
  private ahead: Buffer | number | null = null;

  protected constructor(fd: number, family: number, type: number, timeoutMs: number | null) {
    super(fd, timeoutMs);
    this.family = family;
    this.type = type;
  }

  /**
   * Sends bytes: as many as there is room for, which may be fewer than given (see {@link sendAll}).
   *
   * @param flags MSG_* added together
   * @returns how many were taken
   * @throws TypeError for anything but a Buffer or Uint8Array; OSError: EAGAIN when it would have to wait and is non-blocking,
   *   EPIPE when the peer is gone (SIGPIPE is never raised); TimeoutError
   */
  send(data: Uint8Array, flags = 0): number {
    checkBytes('data', data);
    checkInt('flags', flags);
    const fd = this.descriptor('send');
    return checked(
      this.retry(WRITABLE, 'send', () => native.send(fd, data, 0, data.length, flags)),
      'send',
    );
  }

  /**
   * Sends all of the bytes, in as many calls as it takes; the socket's timeout is for all of them together.
   *
   * Meant for blocking sockets. If it throws, some of the bytes may have been sent, and there is no telling how many.
   *
   * @throws as {@link send}
   */
  sendAll(data: Uint8Array, flags = 0): void {
    checkBytes('data', data);
    checkInt('flags', flags);
    const fd = this.descriptor('send');
    const end = this.deadline();
    let sent = 0;
    // At least once: an empty datagram is a message too.
    do {
      const from = sent;
      const attempt = (): number => native.send(fd, data, from, data.length - from, flags);
      sent += checked(this.retry(WRITABLE, 'send', attempt, end), 'send');
    } while (sent < data.length);
  }

  /**
   * Receives at most `n` bytes: what is there, at least one. An empty buffer is the end of a stream (or an empty datagram).
   *
   * @param flags MSG_* added together. With MSG_TRUNC TCP throws the bytes away: the buffer then tells how many by its length,
   *   and contains zeros
   * @returns a buffer of its own, of exactly the received size
   * @throws TypeError, RangeError for a bad `n`; OSError: EAGAIN when it would have to wait and is non-blocking; TimeoutError
   */
  recv(n: number, flags = 0): Buffer {
    checkInt('n', n);
    checkInt('flags', flags);
    const fd = this.descriptor('recv');
    if (n === 0) return Buffer.alloc(0);
    if (this.ahead !== null) return received(this.takeAhead(n, flags));
    const buffer = this.bufferFor(n, flags);
    const room = Math.min(n, buffer.length);
    const got = this.retry(READABLE, 'recv', () => native.recv(fd, buffer, 0, room, flags));
    // With MSG_TRUNC the kernel tells the size of the whole datagram, also of what did not fit.
    return takeReceived(buffer, Math.min(checked(got, 'recv'), room));
  }

  /**
   * As {@link recv}, straight into the caller's buffer: no copy, no allocation.
   *
   * @param flags MSG_* added together. With MSG_TRUNC TCP throws the bytes away: the number is theirs, and `buffer` stays as it
   *   was
   * @returns how many bytes were written to the start of `buffer`, never more than it has; 0 is the end of a stream
   */
  recvInto(buffer: Uint8Array, flags = 0): number {
    checkBytes('buffer', buffer);
    checkInt('flags', flags);
    const fd = this.descriptor('recv');
    if (buffer.length === 0) return 0;
    if (this.ahead !== null) return copied(received(this.takeAhead(buffer.length, flags)), buffer, 0);
    const got = this.retry(READABLE, 'recv', () => native.recv(fd, buffer, 0, buffer.length, flags));
    return Math.min(checked(got, 'recv'), buffer.length); // see recv
  }

  /** One send of `length` bytes from `offset`; the number taken or -errno. Arguments are the addon's to check. @internal */
  sendEx(data: Uint8Array, offset: number, length: number, flags = 0): number {
    const fd = this.fileno();
    return fd < 0 ? EBADF : native.send(fd, data, offset, length, flags);
  }

  /** One receive of at most `n` > 0 bytes: a buffer of its own, or -errno. @internal */
  recvEx(n: number): Buffer | number {
    const fd = this.fileno();
    if (fd < 0) return EBADF;
    if (this.ahead !== null) return this.takeAhead(n);
    if (!this._expectsSmall()) return this.recvBulk(fd, n);
    const slab = slabWithRoom();
    const position = slabPosition();
    const room = Math.min(n, slab.length - position);
    const got = native.recv(fd, slab, position, room, 0);
    if (got < 0) return got;
    this._hasReceived(got, room);
    if (room === n) this.bulk = false; // it was the caller who wanted no more
    return takeFromSlab(got);
  }

  // --- Received ahead -----------------------------------------------------------------------------------------------

  /** True if the next receive is best made into the slab for small messages, and may be made ahead of its reader. @internal */
  _expectsSmall(): boolean {
    return !this.bulk && this.ahead === null && !this.mustBeWhole(0);
  }

  /**
   * Keeps the outcome of a receive that was made together with those of other sockets, before the reader asked for it. All receiving
   * methods return it first, so it makes no difference who reads next; what the kernel has no event for any more is told by
   * {@link _hasAhead}. @internal
   */
  _keepAhead(received: Buffer | number): void {
    if (received !== EAGAIN) this.ahead = received;
  }

  /** True if another receive now would most likely find nothing. @internal */
  _isDrained(): boolean {
    return this.drained && this.ahead === null;
  }

  /** True while a receive will not ask the kernel. @internal */
  _hasAhead(): boolean {
    return this.ahead !== null;
  }

  /** What was kept, for another owner of the descriptor. The kernel repeats an end; an error is lost with the connection. @internal */
  _takeAhead(): Buffer[] {
    const { ahead } = this;
    this.ahead = null;
    return ahead instanceof Buffer && ahead.length > 0 ? [ahead] : [];
  }

  /** What was kept: at most `n` bytes of it, or -errno. */
  private takeAhead(n: number, flags = 0): Buffer | number {
    const ahead = this.ahead!;
    if (typeof ahead === 'number') {
      this.ahead = null;
      return ahead;
    }
    const taken = ahead.subarray(0, n);
    if ((flags & MSG_PEEK) === 0) this.ahead = n < ahead.length ? ahead.subarray(n) : null;
    return taken;
  }

  /** A receive with room for `room` bytes of the slab had `got` of them, or failed. @internal */
  _hasReceived(got: number, room: number): void {
    this.bulk = got === room; // there is probably more
    this.drained = got >= 0 && got < room;
  }

  private recvBulk(fd: number, n: number): Buffer | number {
    const buffer = this.mustBeWhole(0) ? wholeBuffer(n) : receiveBuffer();
    const got = native.recv(fd, buffer, 0, Math.min(n, buffer.length), 0);
    this.bulk = got > SMALL_BYTES;
    this.drained = got < Math.min(n, buffer.length) && this.type === SOCK_STREAM;
    return got < 0 ? got : takeReceived(buffer, got);
  }

  /** One receive into the caller's buffer; the number received (0: end) or -errno. @internal */
  recvIntoEx(buffer: Uint8Array, offset: number, length: number, flags = 0): number {
    const fd = this.fileno();
    if (fd < 0) return EBADF;
    if (this.ahead !== null) return copied(this.takeAhead(length, flags), buffer, offset);
    const got = native.recv(fd, buffer, offset, length, flags);
    this.bulk = got > SMALL_BYTES;
    this.drained = got < length && this.type === SOCK_STREAM;
    return got;
  }

  /** A buffer for one receive of at most `n` bytes. */
  protected bufferFor(n: number, flags: number): Buffer {
    const buffer = this.mustBeWhole(flags) ? wholeBuffer(n) : receiveBuffer();
    // TCP throws away what it counts with MSG_TRUNC and writes nothing: what stands in the shared buffer, to be handed out for
    // it, came from another connection. Before the receive, since a UNIX stream ignores the flag and does write.
    if ((flags & MSG_TRUNC) !== 0 && this.type === SOCK_STREAM) buffer.fill(0, 0, Math.min(n, buffer.length));
    return buffer;
  }

  /** True if a receive must have room for everything at once: what a datagram has no room for is lost. */
  protected mustBeWhole(flags: number): boolean {
    return this.type !== SOCK_STREAM || (flags & MSG_WAITALL) !== 0;
  }
}

function received(outcome: Buffer | number): Buffer {
  if (typeof outcome !== 'number') return outcome;
  throw new OSError(outcome, 'recv');
}

/** Puts what was received ahead where the caller wants it; how many bytes, or -errno. */
function copied(outcome: Buffer | number, target: Uint8Array, offset: number): number {
  if (typeof outcome === 'number') return outcome;
  target.set(outcome, offset);
  return outcome.length;
}
