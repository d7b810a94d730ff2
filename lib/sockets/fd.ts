/** Calls on descriptors that are not sockets: pipes, terminals, devices. */

import { checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { checkBytes, checkInt } from './arguments.js';
import { closeDescriptor } from './descriptor-close.js';
import { takeReceived, receiveBuffer } from './receive-buffer.js';

/** read(2), write(2) and close(2), and the mode of a descriptor. Nothing here owns a descriptor; the caller does. */
export const fd = {
  /**
   * Reads at most `n` bytes: what is there. An empty buffer is the end of the file.
   *
   * @throws TypeError, RangeError for a bad `n`; OSError: EAGAIN when it would have to wait and is non-blocking
   */
  read(descriptor: number, n: number): Buffer {
    checkInt('fd', descriptor);
    checkInt('n', n);
    const buffer = receiveBuffer();
    return takeReceived(buffer, checked(native.read(descriptor, buffer, 0, Math.min(n, buffer.length)), 'read'));
  },

  /**
   * Writes bytes: as many as there is room for.
   *
   * @returns how many were taken
   * @throws TypeError for anything but a Buffer or Uint8Array; OSError: EAGAIN, EPIPE when nobody can read it any more
   */
  write(descriptor: number, data: Uint8Array): number {
    checkInt('fd', descriptor);
    checkBytes('data', data);
    return checked(native.write(descriptor, data, 0, data.length), 'write');
  },

  /**
   * Closes a descriptor. Event loops forget it first. Not for the descriptor of a Socket: that one closes it itself.
   *
   * @throws OSError EBADF when it is not open
   */
  close(descriptor: number): void {
    checkInt('fd', descriptor);
    checked(closeDescriptor(descriptor), 'close');
  },

  /** Makes reads and writes wait, or throw EAGAIN instead. The mode belongs to the open file: duplicates share it. */
  setBlocking(descriptor: number, blocking: boolean): void {
    checkInt('fd', descriptor);
    checked(native.setNonBlocking(descriptor, !blocking), 'fcntl');
  },
} as const;
