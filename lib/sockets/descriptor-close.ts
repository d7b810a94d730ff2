/**
 * Closes descriptors, after notifying the loops that watch them.
 *
 * As soon as `close` returns, the number is free, and the next `socket` or `accept` gets it. A loop that still had a reader for that
 * number would call it for the data of another connection; with epoll and a duplicated descriptor, the registration could not even be
 * removed. So the library announces every close first, and event loops drop their registrations.
 *
 * The numbers of the standard streams, 0 to 2, never become free; native/core/closing.h explains why.
 */

import { describeError, isError, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { belongsToKernel } from '../platform/kernel-state.js';

type CloseListener = (fd: number) => void;

let listeners = new Set<CloseListener>();
/** Iterated in place of the set, so that listeners can be added or removed during the iteration; null after a change. */
let listenerList: readonly CloseListener[] | null = null;

belongsToKernel(() => {
  const outer = listeners;
  [listeners, listenerList] = [new Set(), null];
  return () => ([listeners, listenerList] = [outer, null]);
});

/**
 * Calls `listener` before `Socket.close`, `Socket.detach` or `fd.close` closes or detaches a descriptor in this thread, while it is still
 * open. Closes by `node:fs` or other code are not announced.
 *
 * If a listener throws, its error becomes a process warning, because the descriptor must be closed in any case.
 *
 * @returns removes the listener when disposed
 * @throws TypeError unless `listener` is a function
 */
export function onDescriptorClose(listener: (fd: number) => void): Disposable {
  if (typeof listener !== 'function') throw wrongType('listener', 'a function', listener);
  // Wrapped, so that a function that is added twice can be removed once.
  const entry: CloseListener = (fd) => {
    listener(fd);
  };
  listeners.add(entry);
  listenerList = null;
  return {
    [Symbol.dispose]() {
      listeners.delete(entry);
      listenerList = null;
    },
  };
}

/** Notifies the listeners that `fd` is about to be closed or detached. @internal */
export function announceClose(fd: number): void {
  listenerList ??= [...listeners];
  for (const listener of listenerList) {
    try {
      listener(fd);
    } catch (error) {
      process.emitWarning(isError(error) ? error : new Error(describeError(error)));
    }
  }
}

/** Notifies the listeners, then closes. Returns 0 or -errno; the descriptor is released in either case. @internal */
export function closeDescriptor(fd: number): number {
  announceClose(fd);
  return native.close(fd);
}
