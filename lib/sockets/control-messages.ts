/**
 * Control messages (ancillary data) as the addon passes them: a sequence of records, each three ints (level, type, length) and then the
 * data, without padding. ancillary.ts reads and makes the messages that programs need most.
 */

import { outOfRange, wrongType } from '../errors/index.js';
import { checkBytes, checkInt } from './arguments.js';
import { SCM_PIDFD, SOL_SOCKET } from './constants.js';
import { WORD_BYTES, int32, int32Bytes } from './native-bytes.js';

/** One control message: what a datagram, a packet or a part of a stream carries beside its bytes. */
export interface ControlMessage {
  /** The protocol that defines it: SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6 ... */
  readonly level: number;
  /** What it is, such as SCM_CREDENTIALS or IP_PKTINFO. */
  readonly type: number;
  /** The value, in the kernel's binary form. {@link ancillary} converts the common ones. */
  readonly data: Uint8Array;
}

/** The three ints of a record. */
const headerBytes = 12;

/** The header of a control message: its length, which has the size of a pointer, and two ints. Pointers are also the alignment. */
const cmsgHeaderBytes = WORD_BYTES + 8;

/** Returns the length of a control message with `length` bytes of data, without padding behind it (CMSG_LEN). */
export function cmsgLen(length: number): number {
  return cmsgHeaderBytes + checkInt('length', length);
}

/** Returns the room that a control message with `length` bytes of data needs (CMSG_SPACE), for `ancBufSize`. */
export function cmsgSpace(length: number): number {
  return cmsgHeaderBytes + Math.ceil(checkInt('length', length) / WORD_BYTES) * WORD_BYTES;
}

/**
 * Checks control messages and returns them as records.
 *
 * @throws TypeError or RangeError for anything but an array of { level, type, data }
 * @internal
 */
export function recordsOf(name: string, messages: readonly ControlMessage[]): Uint8Array {
  if (!Array.isArray(messages)) throw wrongType(name, 'an array of control messages', messages);
  const parts: Uint8Array[] = [];
  messages.forEach((message: ControlMessage, i) => {
    const { level, type, data } = checkMessage(`${name}[${i}]`, message);
    parts.push(int32Bytes(level, type, data.length), data);
  });
  return Buffer.concat(parts);
}

/** Checks one control message and returns its fields. TypeError or RangeError if it is invalid. @internal */
export function checkMessage(name: string, message: ControlMessage): ControlMessage {
  if (typeof message !== 'object' || message === null) throw wrongType(name, '{ level, type, data }', message);
  const { level, type, data } = message;
  checkInt(`${name}.level`, level);
  checkInt(`${name}.type`, type);
  checkBytes(`${name}.data`, data);
  return { level, type, data };
}

/** Returns the control messages in records of the addon. @internal */
export function messagesOf(records: Uint8Array): ControlMessage[] {
  const messages: ControlMessage[] = [];
  for (let at = 0; at < records.length;) {
    const end = at + headerBytes + int32(records, at + 8);
    const data = records.subarray(at + headerBytes, end);
    messages.push({ level: int32(records, at), type: int32(records, at + 4), data });
    at = end;
  }
  return messages;
}

/** Returns the descriptors in records of the addon: pidfds of the sender. @internal */
export function pidfdsOf(records: Uint8Array | null): number[] {
  return messagesOf(records ?? new Uint8Array(0))
    .filter(({ level, type, data }) => level === SOL_SOCKET && type === SCM_PIDFD && data.length >= 4)
    .map(({ data }) => int32(data, 0))
    .filter((fd) => fd >= 0);
}

/** The most room for control messages that a receive can have; the addon has the same limit. */
const mostControlBytes = 1 << 20;

/** Checks the room for control messages. TypeError or RangeError unless it is an integer from 0 to 2^20. @internal */
export function checkControlSize(name: string, size: number): number {
  checkInt(name, size);
  if (size > mostControlBytes) throw outOfRange(name, `at most ${mostControlBytes}`, size);
  return size;
}
