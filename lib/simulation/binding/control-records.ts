/** Control messages in the form of the contract: three numbers (level, type, length), and then the bytes. */

import type { ControlMessage } from '../kernel/control.js';

const HEADER = 12;

/** Returns the messages; null if one is incomplete. They own their bytes. */
export function controlMessages(records: Uint8Array): ControlMessage[] | null {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const messages: ControlMessage[] = [];
  let at = 0;
  while (at + HEADER <= records.length) {
    const [level, type, length] = [view.getInt32(at, true), view.getInt32(at + 4, true), view.getInt32(at + 8, true)];
    if (length < 0) return null;
    messages.push({ level, type, data: records.slice(at + HEADER, at + HEADER + length) });
    at += HEADER + length;
  }
  return at === records.length ? messages : null;
}

/** Returns the records of messages. */
export function controlRecords(messages: readonly ControlMessage[]): Uint8Array {
  const bytes = messages.flatMap(({ level, type, data }) => [
    ...new Uint8Array(Int32Array.of(level, type, data.length).buffer),
    ...data,
  ]);
  return Uint8Array.from(bytes);
}
