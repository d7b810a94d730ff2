/** The calls for any descriptor. */

import type { NativeBinding } from '../../native/contract.js';
import { EAGAIN, EBADF, EINVAL } from '../kernel/errno.js';
import { EventCounter } from '../kernel/event-counter.js';
import type { Kernel } from '../kernel/kernel.js';
import { POLLERR, POLLHUP, POLLIN } from '../kernel/numbers.js';
import type { OpenFile } from '../kernel/open-file.js';
import { makePipe } from '../kernel/pipe.js';
import { Socket } from '../kernel/socket.js';
import { bytesWithin, gathered, plain } from './arguments.js';
import { maskFromPoll, pollFromMask } from './selector.js';

type DescriptorCalls = Pick<
  NativeBinding,
  | 'pipe'
  | 'close'
  | 'adopt'
  | 'adoptCreated'
  | 'disown'
  | 'dup'
  | 'probe'
  | 'setNonBlocking'
  | 'getNonBlocking'
  | 'wait'
  | 'read'
  | 'write'
  | 'writev'
  | 'eventfd'
  | 'notify'
  | 'drain'
>;

const SIZE_OF_COUNTER = 8;
const ONE = new Uint8Array(BigUint64Array.of(1n).buffer);

/** Simulated descriptors belong to the kernel object, and end with it: there is nothing to adopt. */
const nothing = (): void => undefined;

export function descriptorCalls(kernel: Kernel): DescriptorCalls {
  const { descriptors } = kernel;

  function read(file: OpenFile, into: Uint8Array): number {
    const timeoutNs = file instanceof Socket ? file.options.receiveTimeoutNs : null;
    return kernel.blocking(file, 0, POLLIN, timeoutNs, () => file.read(into));
  }

  function write(file: OpenFile, bytes: Uint8Array): number {
    return kernel.blockingWrite(file, 0, bytes, (part) => file.write(part));
  }

  /** Writes buffer by buffer, until one is not taken. Empty ones are skipped, except for the first. */
  function writeEach(file: OpenFile, buffers: readonly Uint8Array[]): number {
    let written = 0;
    for (const [i, buffer] of buffers.entries()) {
      if (i > 0 && buffer.length === 0) continue;
      const result = write(file, plain(buffer));
      if (result < 0) return written > 0 ? written : result;
      written += result;
    }
    return written;
  }

  return {
    pipe: (pair) => {
      const [reader, writer] = makePipe();
      return descriptors.addPair(reader, writer, pair);
    },
    close: (fd) => kernel.finished(descriptors.close(fd)),
    adopt: nothing,
    adoptCreated: nothing,
    disown: nothing,
    dup: (fd) => kernel.onFile(fd, (file) => descriptors.add(file)),
    probe: (fd) => kernel.onFile(fd, () => 0),
    setNonBlocking: (fd, nonBlocking) =>
      kernel.onFile(fd, (file) => {
        file.nonBlocking = nonBlocking;
        return 0;
      }),
    getNonBlocking: (fd) => kernel.onFile(fd, (file) => (file.nonBlocking ? 1 : 0)),
    wait: (fd, events, timeoutMs) => {
      if (pollFromMask(events) === 0 || events > 3) return -EINVAL;
      const file = descriptors.get(fd);
      if (file === null) return -EBADF;
      const wanted = pollFromMask(events) | POLLERR | POLLHUP;
      const isReady = (): boolean => (file.poll() & wanted) !== 0;
      kernel.waitUntil(isReady, kernel.deadline(timeoutMs));
      return maskFromPoll(file.poll() & wanted, events);
    },
    read: (fd, data, offset, length) => {
      const into = bytesWithin(data, offset, length);
      return kernel.onFile(fd, (file) => read(file, into));
    },
    write: (fd, data, offset, length) => {
      const bytes = bytesWithin(data, offset, length);
      return kernel.onFile(fd, (file) => write(file, bytes));
    },
    writev: (fd, buffers) =>
      kernel.onFile(fd, (file) => {
        const bytes = gathered(buffers);
        if (!file.takesVectors && bytes.length > 0) return writeEach(file, buffers);
        // Nothing to write does not reach the file: it is no datagram, and no error.
        if (bytes.length > 0) return write(file, bytes);
        return file.mayWrite ? 0 : -EBADF;
      }),
    eventfd: () => {
      const counter = new EventCounter();
      counter.nonBlocking = true;
      return descriptors.add(counter);
    },
    notify: (fd) => {
      const result = kernel.onFile(fd, (file) => file.write(ONE));
      return result === -EAGAIN ? 0 : Math.min(result, 0);
    },
    drain: (fd) => {
      const result = kernel.onFile(fd, (file) => file.read(new Uint8Array(SIZE_OF_COUNTER)));
      return result === -EAGAIN ? 0 : Math.min(result, 0);
    },
  };
}
