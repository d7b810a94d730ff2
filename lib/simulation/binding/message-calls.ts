/** The calls that send and receive bytes and descriptors through sockets. */

import type { NativeAddress, NativeBinding, NativeMessage } from '../../native/contract.js';
import type { SocketAddress } from '../kernel/addresses.js';
import { type ControlMessage, fitting, socketLevelError } from '../kernel/control.js';
import { EAGAIN, EBADF, EINVAL } from '../kernel/errno.js';
import type { Kernel } from '../kernel/kernel.js';
import { AF_UNIX, MSG_CTRUNC, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_PEEK, MSG_WAITALL, POLLIN } from '../kernel/numbers.js';
import type { OpenFile } from '../kernel/open-file.js';
import { type Received, type Socket, nothingReceived } from '../kernel/socket.js';
import { addressFrom, decode, encode, fillAddress } from './addresses.js';
import { controlMessages, controlRecords } from './control-records.js';
import { bytesWithin, checkCount, gathered, plain, scatter } from './arguments.js';

type MessageCalls = Pick<
  NativeBinding,
  | 'send'
  | 'sendTo'
  | 'sendMsg'
  | 'sendEach'
  | 'recvEach'
  | 'sendMany'
  | 'recvMany'
  | 'recv'
  | 'recvFrom'
  | 'recvMsg'
  | 'recvMsgInto'
>;

const MOST_PASSED = 253;
const nothing = new Uint8Array(0);
const INTS_PER_CALL = 3;
/** Offset, length, length of the address, flags. */
const INTS_PER_DATAGRAM = 4;
const ADDRESS_SLOT = 128;
const MOST_DATAGRAMS = 1024;
/** Room for control messages that is always there if descriptors are received. */
const ROOM_BESIDE_DESCRIPTORS = 1024;

export function messageCalls(kernel: Kernel): MessageCalls {
  const { descriptors } = kernel;

  function send(
    fd: number,
    bytes: Uint8Array,
    flags: number,
    to: SocketAddress | null = null,
    files: readonly OpenFile[] = [],
    control: readonly ControlMessage[] = [],
  ): number {
    return kernel.onSocket(fd, (socket) => {
      let passed = files;
      return kernel.blockingWrite(socket, flags, bytes, (part) => {
        const sent = socket.send(part, flags, to, passed, control);
        if (sent > 0) passed = []; // they go with the first bytes
        return sent;
      });
    });
  }

  function receive(fd: number, into: Uint8Array, flags: number, received: Received): number {
    return kernel.onSocket(fd, (socket) => receiveFrom(socket, into, flags, received));
  }

  function receiveFrom(socket: Socket, into: Uint8Array, flags: number, received: Received): number {
    // The error queue of an IP socket: nothing gets there, and no call waits for it.
    if ((flags & MSG_ERRQUEUE) !== 0 && socket.family !== AF_UNIX) return -EAGAIN;
    const { receiveTimeoutNs } = socket.options;
    const fills = socket.isStream && (flags & MSG_WAITALL) !== 0 && (flags & MSG_PEEK) === 0;
    let count = 0;
    do {
      const rest = into.subarray(count);
      const got = kernel.blocking(socket, flags, POLLIN, receiveTimeoutNs, () => socket.receive(rest, flags, received));
      if (got < 0) return count > 0 ? count : got;
      if (got === 0) break;
      count += got;
    } while (fills && !socket.nonBlocking && count < into.length && received.files.length === 0);
    return count;
  }

  /** Receives without room for descriptors: those that were passed are closed. */
  function receiveBytes(fd: number, into: Uint8Array, flags: number, address: NativeAddress | null): number {
    const received = nothingReceived();
    const count = receive(fd, into, flags, received);
    for (const file of received.files) file.drop();
    if (count >= 0 && address !== null) fillAddress(address, received.address);
    return count;
  }

  function receiveMessage(
    fd: number,
    into: Uint8Array,
    maxFds: number,
    flags: number,
    message: NativeMessage,
    controlSize: number,
  ): number {
    const received = nothingReceived();
    const count = receive(fd, into, flags, received);
    if (count < 0) return count;
    fillAddress(message, received.address);
    message.fds = install(received, maxFds);
    const room = maxFds > 0 ? Math.max(controlSize, ROOM_BESIDE_DESCRIPTORS) : controlSize;
    const [control, cut] = fitting(received.control, room);
    message.control = controlSize > 0 && control.length > 0 ? controlRecords(control) : null;
    message.flags = received.flags | cut;
    return count;
  }

  /** Gives numbers to the files that were passed. The rest are closed, and MSG_CTRUNC says so. */
  function install(received: Received, most: number): number[] {
    const fds: number[] = [];
    for (const file of received.files) {
      const fd = fds.length < most ? descriptors.add(file) : -1;
      if (fd >= 0) fds.push(fd);
      else received.flags |= MSG_CTRUNC;
      file.drop(); // the descriptor holds another reference
    }
    return fds;
  }

  /** Returns the files of descriptors, or -errno. */
  function filesOf(fd: number, fds: readonly number[]): OpenFile[] | number {
    const passes = kernel.descriptors.get(fd) !== null && isUnix(fd);
    if (fds.length > MOST_PASSED) return -EINVAL;
    const files: OpenFile[] = [];
    for (const each of passes ? fds : []) {
      const file = descriptors.get(each);
      if (file === null) return -EBADF;
      files.push(file);
    }
    return files;
  }

  function isUnix(fd: number): boolean {
    return kernel.onSocket(fd, ({ family }) => (family === AF_UNIX ? 1 : 0)) === 1;
  }

  /** Calls `one` for each datagram, with its record, its bytes and its slot for an address, until it does not return 'next'. */
  function many(
    fd: number,
    records: Int32Array,
    first: number,
    count: number,
    data: Uint8Array,
    addresses: Uint8Array,
    one: (record: Int32Array, bytes: Uint8Array, address: Uint8Array) => 'next' | 'last' | number,
  ): number {
    const given = Math.floor(Math.min(records.length / INTS_PER_DATAGRAM, addresses.length / ADDRESS_SLOT));
    checkCount(first, given, 'records', 'first');
    checkCount(count, given - first, 'records');
    const chosen = Array.from({ length: Math.min(count, MOST_DATAGRAMS) }, (_, i) => {
      const record = records.subarray(INTS_PER_DATAGRAM * (first + i)).subarray(0, INTS_PER_DATAGRAM);
      return { record, slot: addresses.subarray(ADDRESS_SLOT * (first + i)).subarray(0, ADDRESS_SLOT) };
    });
    const isWithin = ([offset = 0, length = 0, addressLength = 0]: Int32Array): boolean =>
      Math.min(offset, length, addressLength) >= 0 && offset + length <= data.length && addressLength <= ADDRESS_SLOT;
    if (!chosen.every(({ record }) => isWithin(record))) return -EINVAL;
    for (const [done, { record, slot }] of chosen.entries()) {
      const outcome = one(record, bytesWithin(data, record[0]!, record[1]!), slot);
      if (outcome === 'last') return done + 1;
      if (outcome !== 'next') return done > 0 ? done : outcome;
    }
    return chosen.length > 0 ? chosen.length : kernel.onSocket(fd, () => 0);
  }

  return {
    send: (fd, data, offset, length, flags) => send(fd, bytesWithin(data, offset, length), flags),
    sendTo: (fd, data, offset, length, flags, address) => {
      const to = addressFrom(address);
      return typeof to === 'number' ? to : send(fd, bytesWithin(data, offset, length), flags, to);
    },
    sendMsg: (fd, buffers, fds, flags, address, control) => {
      const to = address === null ? null : addressFrom(address);
      if (typeof to === 'number') return to;
      const messages = control === undefined ? [] : controlMessages(plain(control));
      if (messages === null) return -EINVAL;
      const wrong = isUnix(fd) ? socketLevelError(AF_UNIX, messages) : 0;
      const files = wrong < 0 ? wrong : filesOf(fd, fds);
      if (typeof files !== 'number') return send(fd, gathered(buffers), flags, to, files, messages);
      return kernel.onSocket(fd, (socket) => socket.obstacleToMessage() || files);
    },
    sendEach: (calls, count, data) => {
      checkCount(count, Math.floor(calls.length / INTS_PER_CALL), 'calls');
      for (let at = 0; at < INTS_PER_CALL * count; at += INTS_PER_CALL) {
        const [fd, offset, length] = [calls[at]!, calls[at + 1]!, calls[at + 2]!];
        const isWithin = offset >= 0 && length >= 0 && offset + length <= data.length;
        calls[at + 2] = isWithin ? send(fd, bytesWithin(data, offset, length), 0) : -EINVAL;
      }
    },
    recvEach: (fds, count, data, offset, length, least) => {
      checkCount(count, fds.length, 'fds');
      const bytes = bytesWithin(data, offset, length);
      let used = 0;
      let tried = 0;
      for (; tried < count && bytes.length - used >= Math.max(least, 1); tried += 1) {
        const received = receiveBytes(fds[tried]!, bytes.subarray(used), 0, null);
        if (received > 0) used += received;
        fds[tried] = received;
      }
      return tried;
    },
    sendMany: (fd, records, first, count, data, addresses, flags) =>
      many(fd, records, first, count, data, addresses, (record, bytes, slot) => {
        const sent = send(fd, bytes, flags, record[2] === 0 ? null : decode(slot.subarray(0, record[2])));
        if (sent < 0) return sent;
        return sent < bytes.length ? 'last' : 'next'; // a stream that is full
      }),
    recvMany: (fd, records, first, count, data, addresses, flags) => {
      let waits = flags;
      let isFirst = true;
      const passed: OpenFile[] = [];
      const result = many(fd, records, first, count, data, addresses, (record, bytes, slot) => {
        const received = nothingReceived();
        // A pending error comes first, even if there is something to receive.
        const error = isFirst && (flags & MSG_ERRQUEUE) === 0 ? kernel.onSocket(fd, (socket) => socket.takeError()) : 0;
        const length = error < 0 ? error : receive(fd, bytes, waits, received);
        if (length < 0 && length !== -EAGAIN && !isFirst)
          kernel.onSocket(fd, (socket) => (socket.deferError(length), 0));
        if (length < 0) return length;
        isFirst = false;
        passed.push(...received.files);
        if (received.files.length > 0) received.flags |= MSG_CTRUNC;
        const address = received.address.size > 0 ? encode(received.address) : nothing;
        slot.set(address);
        record.set([length, address.length, received.flags | fitting(received.control, 0)[1]], 1);
        waits = flags | MSG_DONTWAIT; // it waits for the first only
        return 'next';
      });
      // There is no room for descriptors. Linux closes files when the call returns, which may end a connection.
      for (const file of passed) file.drop();
      return result;
    },
    recv: (fd, data, offset, length, flags) => receiveBytes(fd, bytesWithin(data, offset, length), flags, null),
    recvFrom: (fd, data, offset, length, flags, address) =>
      receiveBytes(fd, bytesWithin(data, offset, length), flags, address),
    recvMsg: (fd, data, offset, length, maxFds, flags, message, controlSize = 0) =>
      receiveMessage(fd, bytesWithin(data, offset, length), maxFds, flags, message, controlSize),
    recvMsgInto: (fd, buffers, maxFds, flags, message, controlSize = 0) => {
      const parts = buffers.map(plain);
      const into = gathered(parts);
      const count = receiveMessage(fd, into, maxFds, flags, message, controlSize);
      if (count > 0) scatter(into.subarray(0, count), parts);
      return count;
    },
  };
}
