/** Faults of system calls: partial sends, EAGAIN after readiness, full tables, and those that a test injects. */

import type { NativeBinding } from '../../native/contract.js';
import { EAGAIN } from '../kernel/errno.js';
import type { Kernel } from '../kernel/kernel.js';
import { SOCK_STREAM } from '../kernel/numbers.js';
import { Socket } from '../kernel/socket.js';
import type { Draws } from './draws.js';
import type { FaultOptions, InjectedCall } from './types.js';

const EMFILE = 24;
const FULL_TABLES = [EMFILE, 23, 105] as const; // EMFILE, ENFILE, ENOBUFS
const INTS_PER_SEND = 3;

/** What happens to the next calls of a host. */
export class CallFaults {
  /** The outcomes that a test has set: -errno, or a number of bytes. */
  private readonly injected = new Map<InjectedCall, number[]>();

  constructor(
    private readonly host: string,
    private readonly draws: Draws,
    private readonly faults: Required<FaultOptions>,
  ) {}

  /** Changes the next call of a kind. @param outcome -errno, or a number of bytes */
  inject(call: InjectedCall, outcome: number): void {
    this.injected.set(call, [...(this.injected.get(call) ?? []), outcome]);
  }

  /** Returns the error of a call that needs a descriptor; 0: none. */
  tableError(call: 'socket' | 'accept'): number {
    const set = this.take(call);
    if (set !== null) return Math.min(set, 0);
    if (this.faults.fullTables === 0) return 0;
    const stream = this.draws.about(`full tables on ${this.host}`);
    const full = stream.happens(this.faults.fullTables, () => `a full table for ${call} on ${this.host}`);
    return full ? -FULL_TABLES[stream.detail(FULL_TABLES.length) - 1]! : 0;
  }

  /** Returns -EAGAIN if the socket turns out not to be ready; 0 otherwise. */
  readiness(call: string): number {
    if (this.faults.falseReadiness === 0) return 0;
    const stream = this.draws.about(`false readiness on ${this.host}`);
    return stream.happens(this.faults.falseReadiness, () => `${call} on ${this.host} gets EAGAIN`) ? -EAGAIN : 0;
  }

  /** Returns how many of the bytes a call moves; -errno if it fails. @param isStream false if the bytes belong together */
  bytes(call: 'send' | 'recv', length: number, isStream: boolean): number {
    const set = this.take(call);
    if (set !== null) return Math.min(set, length);
    const notReady = this.readiness(call);
    if (notReady < 0 || length < 2 || !isStream) return notReady < 0 ? notReady : length;
    const [word, probability] =
      call === 'send'
        ? (['send', this.faults.partialSends] as const)
        : (['receive', this.faults.partialReceives] as const);
    const stream = this.draws.about(`partial ${word}s on ${this.host}`);
    let count = length;
    const text = (): string => `a partial ${word} on ${this.host}, of ${count} of ${length} bytes`;
    if (stream.happens(probability, text)) count = stream.detail(length - 1);
    return count;
  }

  private take(call: InjectedCall): number | null {
    return this.injected.get(call)?.shift() ?? null;
  }
}

/** Returns the calls of a kernel with faults. @param faultsOfHost returns those of the host whose program runs; null: none */
export function withFaults(calls: NativeBinding, kernel: Kernel, faultsOfHost: () => CallFaults | null): NativeBinding {
  /** Faults apply to non-blocking sockets: a blocking call waits until it has an ordinary outcome. */
  function target(fd: number): { faults: CallFaults; isStream: boolean } | null {
    const faults = faultsOfHost();
    const file = faults === null ? null : kernel.descriptors.get(fd);
    return faults !== null && file instanceof Socket && file.nonBlocking
      ? { faults, isStream: file.type === SOCK_STREAM }
      : null;
  }

  /** Makes a call that moves `length` bytes with the number that it may move. */
  function moving(call: 'send' | 'recv', fd: number, length: number, move: (length: number) => number): number {
    const found = target(fd);
    const count = found === null ? length : found.faults.bytes(call, length, found.isStream);
    return count < 0 ? count : move(count);
  }

  /** Makes a send of several buffers. */
  function gathering(
    fd: number,
    buffers: readonly Uint8Array[],
    send: (buffers: readonly Uint8Array[]) => number,
  ): number {
    const length = buffers.reduce((sum, { length: each }) => sum + each, 0);
    return moving('send', fd, length, (count) => send(count === length ? buffers : firstBytes(buffers, count)));
  }

  return {
    ...calls,
    socket: (...args) => faultsOfHost()?.tableError('socket') || calls.socket(...args),
    accept: (fd, nonBlocking, address) => {
      const found = target(fd);
      const error = found === null ? 0 : found.faults.tableError('accept') || found.faults.readiness('accept');
      return error || calls.accept(fd, nonBlocking, address);
    },
    send: (fd, data, offset, length, flags) =>
      moving('send', fd, length, (count) => calls.send(fd, data, offset, count, flags)),
    sendTo: (fd, data, offset, length, flags, address) =>
      moving('send', fd, length, (count) => calls.sendTo(fd, data, offset, count, flags, address)),
    write: (fd, data, offset, length) => moving('send', fd, length, (count) => calls.write(fd, data, offset, count)),
    writev: (fd, buffers) => gathering(fd, buffers, (some) => calls.writev(fd, some)),
    sendMsg: (fd, buffers, ...rest) => gathering(fd, buffers, (some) => calls.sendMsg(fd, some, ...rest)),
    sendEach: (sends, count, data) => {
      for (let at = 0; at < INTS_PER_SEND * count; at += INTS_PER_SEND) {
        const one = sends.subarray(at, at + INTS_PER_SEND);
        one[2] = moving('send', one[0]!, one[2]!, (length) => {
          one[2] = length;
          calls.sendEach(one, 1, data);
          return one[2];
        });
      }
    },
    read: (fd, data, offset, length) => moving('recv', fd, length, (count) => calls.read(fd, data, offset, count)),
    recv: (fd, data, offset, length, flags) =>
      moving('recv', fd, length, (count) => calls.recv(fd, data, offset, count, flags)),
    recvFrom: (fd, data, offset, length, flags, address) =>
      moving('recv', fd, length, (count) => calls.recvFrom(fd, data, offset, count, flags, address)),
    recvMsg: (fd, data, offset, length, ...rest) =>
      moving('recv', fd, length, (count) => calls.recvMsg(fd, data, offset, count, ...rest)),
    sendMany: (fd, records, first, count, ...rest) =>
      moving('send', fd, count, (some) => calls.sendMany(fd, records, first, some, ...rest)),
    recvMany: (fd, records, first, count, ...rest) =>
      moving('recv', fd, count, (some) => calls.recvMany(fd, records, first, some, ...rest)),
    recvEach: (fds, count, data, offset, length, least) => {
      let used = 0;
      let tried = 0;
      for (; tried < count && length - used >= Math.max(least, 1); tried += 1) {
        const one = fds.subarray(tried, tried + 1);
        one[0] = moving('recv', one[0]!, length - used, (room) => {
          calls.recvEach(one, 1, data, offset + used, room, Math.min(room, 1));
          return one[0]!;
        });
        used += Math.max(one[0], 0);
      }
      return tried;
    },
  };
}

/** Returns the first `count` bytes of buffers. */
function firstBytes(buffers: readonly Uint8Array[], count: number): Uint8Array[] {
  const first: Uint8Array[] = [];
  let left = count;
  for (const buffer of buffers) {
    first.push(buffer.subarray(0, left));
    left = Math.max(0, left - buffer.length);
  }
  return first;
}
