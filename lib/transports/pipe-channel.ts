/** The descriptor of a pipe transport: one end of a pipe, or any other file that supports read(2) and write(2). */

import { checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { EBADF } from '../sockets/errno.js';
import { OwnedDescriptor } from '../sockets/owned-descriptor.js';
import { takeReceived, receiveBuffer } from '../sockets/receive-buffer.js';
import type { ByteChannel } from './channel.js';

/** A descriptor that its transport owns. */
export class Pipe extends OwnedDescriptor implements ByteChannel {
  /** Takes ownership of a descriptor and makes it non-blocking. */
  constructor(fd: number) {
    super(fd);
    checked(native.setNonBlocking(fd, true), 'fcntl');
  }

  recvEx(n: number): Buffer | number {
    const fd = this.fileno();
    if (fd < 0) return EBADF;
    const buffer = receiveBuffer();
    const count = native.read(fd, buffer, 0, Math.min(n, buffer.length));
    return count < 0 ? count : takeReceived(buffer, count);
  }

  recvIntoEx(buffer: Uint8Array, offset: number, length: number): number {
    const fd = this.fileno();
    return fd < 0 ? EBADF : native.read(fd, buffer, offset, length);
  }

  sendEx(data: Uint8Array, offset: number, length: number): number {
    const fd = this.fileno();
    return fd < 0 ? EBADF : native.write(fd, data, offset, length);
  }

  sendMsgEx(buffers: readonly Uint8Array[]): number {
    const fd = this.fileno();
    return fd < 0 ? EBADF : native.writev(fd, buffers);
  }
}
