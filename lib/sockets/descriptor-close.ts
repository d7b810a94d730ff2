/**
 * Closing a descriptor, with a word to whoever watches it.
 *
 * The moment `close` returns, the number is free, and the next `socket` or `accept` gets it. A loop that still has a reader
 * under that number would call it for another connection's data; with epoll and a dup'd descriptor it could not even be
 * removed any more. So everything in this library that closes a descriptor announces it first, and event loops listen.
 */

import { wrongType } from '../errors/index.js';
import { disownDescriptor } from '../native/adoption.js';
import { native } from '../native/binding.js';

type CloseListener = (fd: number) => void;

/** Replaced, never changed, so that a listener may come or go while the list is being walked. */
let listeners: readonly CloseListener[] = [];

/**
 * Calls `listener` before a descriptor of this thread is closed or detached by `Socket.close`, `Socket.detach` or `fd.close`
 * (not by `node:fs` or foreign code). The descriptor is still open then.
 *
 * An error thrown by a listener becomes a process warning: whatever goes wrong there, the descriptor must be closed.
 *
 * @returns disposes of the listener
 * @throws TypeError unless `listener` is a function
 */
export function onDescriptorClose(listener: (fd: number) => void): Disposable {
  if (typeof listener !== 'function') throw wrongType('listener', 'a function', listener);
  // Wrapped, so that the same function added twice can be removed once.
  const entry: CloseListener = (fd) => {
    listener(fd);
  };
  listeners = [...listeners, entry];
  return {
    [Symbol.dispose]() {
      listeners = listeners.filter((other) => other !== entry);
    },
  };
}

/** Tells the listeners that `fd` is about to be given up. @internal */
export function announceClose(fd: number): void {
  for (const listener of listeners) {
    try {
      listener(fd);
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** Tells the listeners, then closes. Returns 0 or -errno; the number is free in either case. @internal */
export function closeDescriptor(fd: number): number {
  announceClose(fd);
  disownDescriptor(fd);
  return native.close(fd);
}
