/** How UNIX sockets send and receive whole messages: datagrams and sequenced packets. */

import { MSG_PEEK, MSG_TRUNC } from '../numbers.js';
import type { Received } from '../socket.js';
import type { Message } from './unix-socket.js';

/** Copies a message to its receiver. Returns the number of bytes copied; of the message, if the caller passes MSG_TRUNC. */
export function copyMessage(message: Message, into: Uint8Array, flags: number, received: Received): number {
  if (message.from.boundName !== null) received.address = message.from.name();
  const part = message.bytes.subarray(0, into.length);
  into.set(part);
  if (part.length < message.bytes.length) received.flags |= MSG_TRUNC;
  received.files.push(...message.files);
  if ((flags & MSG_PEEK) === 0) message.files = [];
  else for (const file of message.files) file.acquire();
  return (flags & MSG_TRUNC) === 0 ? part.length : message.bytes.length;
}

/** The part of the send buffer that a message cannot use. */
export const MESSAGE_OVERHEAD = 32;
