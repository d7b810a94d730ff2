/** Calls for descriptors that are not sockets: pipes, terminals, devices. */

import { checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { checkBytes, checkInt } from './arguments.js';
import { closeDescriptor } from './descriptor-close.js';
import { takeReceived, receiveBuffer } from './receive-buffer.js';

/** read(2), write(2), close(2) and the blocking mode of a descriptor. The caller owns the descriptors. */
export const fd = {
  /**
   * Reads at most `n` bytes, and at most 64 KiB; returns what is available. An empty buffer means the end of the file.
   *
   * @throws TypeError or RangeError for an invalid `n`; OSError: EAGAIN if a non-blocking descriptor would have to wait
   */
  read(descriptor: number, n: number): Buffer {
    checkInt('fd', descriptor);
    checkInt('n', n);
    const buffer = receiveBuffer();
    return takeReceived(buffer, checked(native.read(descriptor, buffer, 0, Math.min(n, buffer.length)), 'read'));
  },

  /**
   * Writes as many bytes as the kernel accepts.
   *
   * @returns the number of bytes written, which may be less than `data.length`
   * @throws TypeError for anything but a Buffer or Uint8Array; OSError: EAGAIN, EPIPE if the reading end is closed
   */
  write(descriptor: number, data: Uint8Array): number {
    checkInt('fd', descriptor);
    checkBytes('data', data);
    return checked(native.write(descriptor, data, 0, data.length), 'write');
  },

  /**
   * Closes a descriptor, after event loops have dropped it. Do not use it for the descriptor of a Socket; call `Socket.close`.
   *
   * `/dev/null` takes the place of a standard stream (0, 1 or 2). If such a number became free, the next file would get it: a connection
   * would receive what the program prints, and Node aborts the process if it is a descriptor of a worker's event loop.
   *
   * @throws OSError EBADF if it is not open
   */
  close(descriptor: number): void {
    checkInt('fd', descriptor);
    checked(closeDescriptor(descriptor), 'close');
  },

  /** Sets whether reads and writes wait, or throw EAGAIN instead. The mode belongs to the open file, so duplicates share it. */
  setBlocking(descriptor: number, blocking: boolean): void {
    checkInt('fd', descriptor);
    checked(native.setNonBlocking(descriptor, !blocking), 'fcntl');
  },
} as const;
