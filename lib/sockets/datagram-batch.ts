/** Several datagrams in one piece of memory, which `recvMany` and `sendMany` transfer in one system call. */

import { checkNames, optionNames, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { Buffer } from '../platform/bytes.js';
import { ADDRESS_SLOT, readAddress, writeAddress } from './address-bytes.js';
import type { Address, SocketAddress } from './address.js';
import { checkBytes, checkInt } from './arguments.js';
import { AF_INET, MSG_TRUNC } from './constants.js';

/** The options of a {@link DatagramBatch}. */
export interface DatagramBatchOptions {
  /** The largest number of datagrams, 1 to 1024. Default: 64. */
  readonly capacity?: number;
  /** The room for each datagram, in bytes, 1 to 65,535: longer ones are truncated. Default: 2048. */
  readonly size?: number;
  /** The address family of the sockets. Default: AF_INET. */
  readonly family?: number;
}

const OPTIONS = optionNames<DatagramBatchOptions>({ capacity: true, size: true, family: true });

const MOST = 1024;
const LONGEST = 65_535;

/** The numbers of a record; see `sendMany` of the addon. */
const INTS = 4;
const LENGTH = 1;
const ADDRESS_LENGTH = 2;
const FLAGS = 3;

/**
 * Slots begin this many bytes apart at least, and at different lines of the cache: at a distance of a power of two they would evict each
 * other.
 */
const CACHE_LINE = 64;

/**
 * The memory for several datagrams and their addresses. The caller owns it and uses it again and again: `recvMany` fills it, `add` appends
 * to it, and `sendMany` sends what it holds. So an echo server calls `recvMany` and `sendMany` with the same batch.
 *
 * @example
 * import { AF_INET, DatagramBatch, SOCK_DGRAM, Socket } from 'selectloop/sockets';
 *
 * using server = new Socket(AF_INET, SOCK_DGRAM);
 * server.bind({ host: '127.0.0.1', port: 0 });
 * using client = new Socket(AF_INET, SOCK_DGRAM);
 * const batch = new DatagramBatch({ capacity: 16 });
 * for (const name of ['one', 'two']) batch.add(Buffer.from(name), server.getsockname());
 * console.log(client.sendMany(batch)); // 2
 * console.log(server.recvMany(batch)); // 2
 * console.log(String(batch.data(1))); // two
 */
export class DatagramBatch {
  /** The largest number of datagrams. */
  readonly capacity: number;
  /** The room for each datagram, in bytes. */
  readonly size: number;
  /** The address family of its sockets. */
  readonly family: number;
  private readonly stride: number;
  private readonly bytes: Buffer;
  private readonly addresses: Buffer;
  private readonly records: Int32Array;
  private held = 0;
  /** @internal See `sent`. */
  _sent = 0;

  /** @throws TypeError or RangeError for options out of range */
  constructor(options: DatagramBatchOptions = {}) {
    const { capacity = 64, size = 2048, family = AF_INET } = checkNames('DatagramBatch: options', options, OPTIONS);
    this.capacity = checkInt('DatagramBatch: options.capacity', capacity, 1);
    if (capacity > MOST) throw outOfRange('DatagramBatch: options.capacity', `at most ${MOST} datagrams`, capacity);
    this.size = checkInt('DatagramBatch: options.size', size, 1);
    if (size > LONGEST) throw outOfRange('DatagramBatch: options.size', `at most ${LONGEST} bytes`, size);
    this.family = checkInt('DatagramBatch: options.family', family);
    this.stride = (Math.ceil(size / CACHE_LINE) | 1) * CACHE_LINE;
    this.bytes = Buffer.allocUnsafeSlow(capacity * this.stride);
    this.addresses = Buffer.alloc(capacity * ADDRESS_SLOT);
    this.records = new Int32Array(capacity * INTS);
    for (let i = 0; i < capacity; i += 1) this.records[INTS * i] = this.stride * i;
  }

  /** The number of datagrams that it holds. */
  get length(): number {
    return this.held;
  }

  /**
   * The number of datagrams that the latest `sendMany` or `sockSendMany` has sent, with those before its `first`. After an error it is the
   * index of the datagram that was refused.
   */
  get sent(): number {
    return this._sent;
  }

  /** Returns the bytes of a datagram, as a view that is valid until the batch receives again. RangeError unless 0 <= index < length. */
  data(index: number): Buffer {
    this.check('data', index);
    const start = this.stride * index;
    return this.bytes.subarray(start, start + this.lengthOf(index));
  }

  /** Returns the sender of a received datagram, or the receiver of an added one; null if there is none. RangeError as for `data`. */
  address(index: number): Address | null {
    this.check('address', index);
    const size = this.records[INTS * index + ADDRESS_LENGTH]!;
    return readAddress(this.addresses, ADDRESS_SLOT * index, size, this.family) as Address | null;
  }

  /** Returns true for a received datagram that was longer than `size`. RangeError as for `data`. */
  isTruncated(index: number): boolean {
    this.check('isTruncated', index);
    return (this.records[INTS * index + FLAGS]! & MSG_TRUNC) !== 0;
  }

  /**
   * Appends a copy of a datagram.
   *
   * @param address the receiver; null, the default, on a connected socket
   * @throws TypeError or RangeError for data or an address that cannot be sent; RangeError if the batch is full, or `data` is longer than
   *   `size`
   */
  add(data: Uint8Array, address: SocketAddress | null = null): void {
    const { length } = checkBytes('add: data', data);
    const index = this.held;
    if (index === this.capacity) throw outOfRange('add: data', `at most ${this.capacity} datagrams`, index + 1);
    if (length > this.size) throw outOfRange('add: data', `at most ${this.size} bytes`, length);
    const slot = ADDRESS_SLOT * index;
    const size = address === null ? 0 : writeAddress(address, this.family, this.addresses.subarray(slot, slot + ADDRESS_SLOT)); // prettier-ignore
    this.bytes.set(data, this.stride * index);
    this.records[INTS * index + LENGTH] = length;
    this.records[INTS * index + ADDRESS_LENGTH] = size;
    this.records[INTS * index + FLAGS] = 0;
    this.held = index + 1;
  }

  /** Removes all datagrams. */
  clear(): void {
    this.held = 0;
  }

  /** Receives at most `most` datagrams once, instead of those that it holds. Returns their number or -errno. @internal */
  _receive(fd: number, most: number, flags: number): number {
    const { records, size } = this;
    this.held = 0;
    for (let at = 0; at < INTS * most; at += INTS) {
      records[at + LENGTH] = size;
      records[at + ADDRESS_LENGTH] = 0;
    }
    const received = native.recvMany(fd, records, 0, most, this.bytes, this.addresses, flags);
    this.held = Math.max(received, 0);
    return received;
  }

  /** Sends the datagrams from `first` on once. Returns how many the kernel has accepted, or -errno. @internal */
  _send(fd: number, first: number, flags: number): number {
    const sent = native.sendMany(fd, this.records, first, this.held - first, this.bytes, this.addresses, flags);
    this._sent = first + Math.max(sent, 0);
    return sent;
  }

  private lengthOf(index: number): number {
    return Math.min(this.records[INTS * index + LENGTH]!, this.size); // with MSG_TRUNC, the kernel returns the whole length
  }

  private check(method: string, index: number): void {
    if (typeof index !== 'number') throw wrongType(`${method}: index`, 'a number', index);
    if (!(Number.isInteger(index) && index >= 0 && index < this.held))
      throw outOfRange(`${method}: index`, `an integer from 0 to ${this.held - 1}`, index);
  }
}
