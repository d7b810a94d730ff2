/** How transports call the receiving methods of a protocol. */

import { isUint8Array } from 'node:util/types';

import { InvalidStateError, wrongType } from '../errors/index.js';
import type { BufferedProtocol, StreamProtocol } from './contract.js';

/** Returns true if the protocol provides its own buffers. */
export function isBuffered(protocol: StreamProtocol): protocol is BufferedProtocol {
  return typeof (protocol as Partial<BufferedProtocol>).getBuffer === 'function';
}

/** Asks the protocol for a buffer to receive into. Returns null if `getBuffer` failed, which also ends the connection. */
export function bufferOf(
  protocol: BufferedProtocol,
  sizeHint: number,
  life: { protocolFailed(error: unknown, method: string): void },
): Uint8Array | null {
  try {
    return checkedBuffer(protocol.getBuffer(sizeHint));
  } catch (error) {
    life.protocolFailed(error, 'getBuffer');
    return null;
  }
}

function checkedBuffer(buffer: unknown): Uint8Array {
  if (!isUint8Array(buffer)) throw wrongType('getBuffer()', 'a Buffer or Uint8Array to be returned', buffer);
  if (buffer.length === 0) throw new InvalidStateError('getBuffer() returned an empty buffer');
  return buffer;
}
