/** Control messages: what goes with the bytes of a message, beside descriptors. */

import { EINVAL, ENOSYS } from './errno.js';
import { AF_UNIX, MSG_CTRUNC } from './numbers.js';

export interface ControlMessage {
  readonly level: number;
  readonly type: number;
  readonly data: Uint8Array;
}

/** The header of a message in memory, and what its size is rounded up to. */
const HEADER = 16;
const WORD = 8;

export const intMessage = (level: number, type: number, value: number): ControlMessage => ({
  level,
  type,
  data: new Uint8Array(Int32Array.of(value).buffer),
});

/** Returns the number of a message that must have one; null for another size. */
export function intOf({ data }: ControlMessage): number | null {
  return data.length === 4 ? new DataView(data.buffer, data.byteOffset).getInt32(0, true) : null;
}

/** Returns the messages that fit into `room` bytes, the last of them perhaps cut, and MSG_CTRUNC if something is missing. */
export function fitting(messages: readonly ControlMessage[], room: number): [ControlMessage[], flags: number] {
  const kept: ControlMessage[] = [];
  let left = room;
  for (const message of messages) {
    if (left < HEADER) return [kept, MSG_CTRUNC];
    const data = message.data.subarray(0, left - HEADER);
    kept.push({ ...message, data });
    if (data.length < message.data.length) return [kept, MSG_CTRUNC];
    left -= Math.min(left, Math.ceil((HEADER + data.length) / WORD) * WORD);
  }
  return [kept, 0];
}

const SOL_SOCKET = 1;
const SCM_CREDENTIALS = 2;

/** Returns the error of control messages that are for sockets of all protocols; 0: none. */
export function socketLevelError(family: number, messages: readonly ControlMessage[]): number {
  const types = messages.filter(({ level }) => level === SOL_SOCKET).map(({ type }) => type);
  if (types.some((type) => type > SCM_CREDENTIALS)) return -EINVAL;
  return family === AF_UNIX && types.includes(SCM_CREDENTIALS) ? -ENOSYS : 0;
}
