/**
 * The loop's registry of waiters: which reader and which writer wait for which descriptor.
 *
 * Each descriptor has at most one reader and one writer. Kernel registrations are *persistent*: when a one-shot waiter has been woken,
 * the descriptor stays registered, because the same task will probably wait again after its next message, and two epoll_ctl calls per
 * message would cost more than the message. If an event finds no waiter, the registration is narrowed then, so the loop never spins.
 *
 * A descriptor is unregistered *before* it is closed; the sockets layer calls `forget`. Otherwise epoll would keep reporting a closed
 * descriptor whose open file still has a duplicate, and the very next call may reuse the number.
 *
 * Code that closes a descriptor by its number (`fs.closeSync(socket.fileno())`) bypasses that. Then:
 * - poll and select report the descriptor as ready. A parked task gets EBADF from its next call; a reader or writer handle is called
 *   in every iteration until it is removed.
 * - epoll drops the registration. The waiter stays parked until the Socket is closed (EBADF) or the task is cancelled.
 * - A new Socket with the same number never inherits the registration, because a registration records its *owner*. The kernel dropped its
 *   own entry when the old file was closed, so if we reused ours, no event would ever come.
 */

import { InvalidStateError } from '../errors/index.js';
import { EVENT_READ, EVENT_WRITE, type Selector, type SelectorKey } from '../selectors/index.js';
import { putDense } from '../collections/dense-array.js';
import type { RingQueue } from '../collections/ring-queue.js';
import { AlwaysReady, cannotBePolled } from './always-ready.js';
import { Handle } from './handle.js';
import type { Instrument } from './instrument.js';
import type { IoBatch } from './io-batch.js';
import type { DescriptorWaiter, Runnable } from './runnable.js';

/** The registry's entry for one descriptor; the `data` of its selector key. */
export interface Descriptor {
  readonly fd: number;
  reader: DescriptorWaiter | null;
  writer: DescriptorWaiter | null;
  /** The events the kernel watches; may include events with no waiter. */
  registered: number;
  /** The Socket whose operations wait here; null while only plain numbers were given. */
  owner: object | null;
  /** Called during the poll when the descriptor is readable: the loop's wake-up and libuv's backend. Not counted as a reader. */
  readonly internal: (() => void) | null;
  /** The loop's purpose for an internal descriptor, for instruments. */
  readonly purpose: string | null;
}

/** A transport's exclusive claim to a descriptor. */
export interface Claim {
  /** The object that owns the descriptor, such as a Socket; null once it is closed. */
  readonly channel: object | null;
  /** Describes the transport, for error messages. */
  toString(): string;
}

/** The readiness that a waiter waits for: to read, or to write. */
export type Direction = 'reader' | 'writer';

const eventOf = (direction: Direction): number => (direction === 'reader' ? EVENT_READ : EVENT_WRITE);

function newDescriptor(fd: number, owner: object | null): Descriptor {
  return { fd, reader: null, writer: null, registered: 0, owner, internal: null, purpose: null };
}

/** The readers and writers of a loop. */
export class DescriptorRegistry {
  /** How many readers and how many writers wait. */
  readers = 0;
  writers = 0;
  /** The registered descriptors, by number. Invariant: exactly those with `registered !== 0`. */
  private readonly byFd: Array<Descriptor | undefined> = [];
  /** The descriptors that the selector cannot poll, such as regular files. */
  private readonly alwaysReady = new AlwaysReady<Descriptor>();
  /** The claims of open transports, by number. They hold even while the transport waits for nothing. */
  private readonly claims: Array<Claim | undefined> = [];

  constructor(
    private readonly selector: Selector<Descriptor>,
    private readonly ready: RingQueue<Runnable>,
    private readonly loop: { readonly _batch: IoBatch | null; readonly _instrument: Instrument | null },
  ) {}

  /** Returns the waiter for one direction of a descriptor; null if there is none. */
  waiting(fd: number, direction: Direction): DescriptorWaiter | null {
    return this.byFd[fd]?.[direction] ?? null;
  }

  /**
   * Registers a waiter. A handle replaces a handle, as asyncio's `add_reader` does, and cancels it; any other conflict is an error.
   *
   * @param owner the Socket that has the number now; null if only the number is known
   * @throws InvalidStateError if the direction has a waiter; OSError if the kernel refuses, and then the descriptor is unregistered and
   *   its other waiter is notified
   */
  add(fd: number, direction: Direction, waiter: DescriptorWaiter, owner: object | null = null): void {
    const descriptor = this.currentEntry(fd, owner) ?? newDescriptor(fd, owner);
    const previous = descriptor[direction];
    checkFree(descriptor, direction, waiter);
    this.watch(descriptor, descriptor.registered | eventOf(direction));
    descriptor.owner ??= owner;
    if (previous === null) this.count(direction, 1);
    descriptor[direction] = waiter;
    this.changed(descriptor);
    previous?.cancel();
  }

  /** Claims a descriptor for a transport. InvalidStateError if another transport has the same socket; see {@link checkUnclaimed}. */
  claim(fd: number, claim: Claim): void {
    this.checkUnclaimed(fd, claim.channel);
    putDense(this.claims, fd, claim, undefined);
  }

  /** Releases `claim`. A no-op if the descriptor is closed or has been claimed by another transport since. */
  disclaim(fd: number, claim: Claim): void {
    if (this.claims[fd] === claim) this.claims[fd] = undefined;
  }

  /**
   * Throws an InvalidStateError if a transport owns the descriptor, because a second reader would steal its bytes.
   *
   * @param owner the Socket that has the number now. If it is not the transport's, the transport's was closed by number and its claim is
   *   stale
   */
  checkUnclaimed(fd: number, owner: object | null): void {
    const claim = this.claims[fd];
    if (claim === undefined || (owner !== null && claim.channel !== owner)) return;
    throw new InvalidStateError(`descriptor ${fd} is used by transport ${claim.toString()}`);
  }

  /** Registers an internal descriptor of the loop. `purpose` is one word for instruments. */
  addInternal(fd: number, onReadable: () => void, purpose: string): void {
    const descriptor = { ...newDescriptor(fd, null), internal: onReadable, purpose };
    this.watch(descriptor, EVENT_READ);
    this.changed(descriptor);
  }

  /** Unregisters an internal descriptor of the loop. */
  removeInternal(fd: number): void {
    const descriptor = this.byFd[fd];
    if (descriptor === undefined) return;
    this.watch(descriptor, 0);
    this.changed(descriptor);
  }

  /** Removes a waiter and narrows the kernel registration. Returns false if the waiter is not, or no longer, registered. */
  remove(fd: number, direction: Direction, waiter: DescriptorWaiter): boolean {
    const descriptor = this.byFd[fd];
    if (descriptor === undefined || descriptor[direction] !== waiter) return false;
    this.release(descriptor, direction);
    // Also narrows events that were kept for a next wait: a task that was cancelled may never wait again.
    this.narrow(
      descriptor,
      (descriptor.reader === null ? 0 : EVENT_READ) | (descriptor.writer === null ? 0 : EVENT_WRITE),
    );
    return true;
  }

  /** Removes and cancels a handle. Returns false if there is none; a waiting task is not a handle and stays. */
  removeHandle(fd: number, direction: Direction): boolean {
    const waiter = this.waiting(fd, direction);
    if (!(waiter instanceof Handle)) return false;
    this.remove(fd, direction, waiter);
    waiter.cancel();
    return true;
  }

  /** Removes a one-shot waiter that has been woken. The kernel registration stays for the next wait. */
  woken(fd: number, direction: Direction, waiter: DescriptorWaiter): void {
    const descriptor = this.byFd[fd];
    if (descriptor?.[direction] !== waiter) return;
    this.release(descriptor, direction);
    this.changed(descriptor);
  }

  /** Removes a direction from the kernel registration, unless it has a waiter. */
  unwatch(fd: number, direction: Direction): void {
    const descriptor = this.byFd[fd];
    if (descriptor?.[direction] === null) this.narrow(descriptor, descriptor.registered & ~eventOf(direction));
  }

  /** Drops a descriptor that is about to be closed: notifies its waiters, so that its number can be reused. */
  forget(fd: number): void {
    if (fd < this.claims.length) this.claims[fd] = undefined;
    const descriptor = this.byFd[fd];
    if (descriptor === undefined) return;
    try {
      this.watch(descriptor, 0);
    } finally {
      this.changed(descriptor);
      this.abandon(descriptor);
    }
  }

  /**
   * Cancels all handles and drops everything, because the loop is closing; a late `removeReader` finds nothing. Waiting tasks are left
   * as they are: a closed loop never runs them.
   */
  close(): void {
    for (const descriptor of this.byFd) {
      if (descriptor?.reader instanceof Handle) descriptor.reader.cancel();
      if (descriptor?.writer instanceof Handle) descriptor.writer.cancel();
    }
    this.byFd.length = 0;
    this.alwaysReady.clear();
    this.claims.length = 0;
    this.readers = 0;
    this.writers = 0;
  }

  /** Returns what is known of each descriptor: its registration, or null, and the claim of a transport, or null. For inspection. */
  known(): Array<{ fd: number; registered: Descriptor | null; claim: Claim | null }> {
    const count = Math.max(this.byFd.length, this.claims.length);
    const all = Array.from({ length: count }, (_, fd) => {
      return { fd, registered: this.byFd[fd] ?? null, claim: this.claims[fd] ?? null };
    });
    return all.filter(({ registered, claim }) => registered !== null || claim !== null);
  }

  /** Returns the registered descriptors, by number. */
  registered(): Descriptor[] {
    return this.byFd.filter((descriptor) => descriptor !== undefined);
  }

  /** Polls the selector and calls `visit` for each ready descriptor. */
  poll(timeoutMs: number | null, visit: (key: SelectorKey<Descriptor>, events: number) => void, most: number): number {
    if (this.alwaysReady.isEmpty()) return this.selector._poll(timeoutMs, visit, most);
    return this.alwaysReady.poll(this.selector, visit, most);
  }

  /** The visitor for {@link poll}: puts the reader, then the writer, of a ready descriptor on the ready queue. */
  readonly visit = (key: SelectorKey<Descriptor>, events: number): void => {
    const descriptor = key.data;
    if (descriptor.internal !== null) {
      descriptor.internal();
      return;
    }
    if ((events & EVENT_READ) !== 0) this.dispatch(descriptor, 'reader');
    if ((events & EVENT_WRITE) !== 0) this.dispatch(descriptor, 'writer');
  };

  private dispatch(descriptor: Descriptor, direction: Direction): void {
    const waiter = descriptor[direction];
    if (waiter !== null && !waiter.cancelled()) {
      this.ready.push(waiter);
      if (waiter._receivesFrom) this.loop._batch?.found(waiter._receivesFrom);
      return;
    }
    // No waiter is left: stop watching, or the level-triggered event would wake the loop in every iteration.
    if (waiter !== null) this.release(descriptor, direction);
    this.narrow(descriptor, descriptor.registered & ~eventOf(direction));
  }

  /**
   * Returns the entry of a descriptor. Drops it first if another Socket left it.
   *
   * A registration that was kept without a waiter is reused only by the Socket that left it, because a plain number does not identify its
   * file.
   */
  private currentEntry(fd: number, owner: object | null): Descriptor | undefined {
    const descriptor = this.byFd[fd];
    if (descriptor === undefined || descriptor.owner === owner || descriptor.owner === null) return descriptor;
    const inUse = descriptor.reader !== null || descriptor.writer !== null;
    if (inUse && owner === null) return descriptor;
    this.forget(fd);
    return undefined;
  }

  private release(descriptor: Descriptor, direction: Direction): void {
    descriptor[direction] = null;
    this.count(direction, -1);
  }

  private count(direction: Direction, change: number): void {
    if (direction === 'reader') this.readers += change;
    else this.writers += change;
  }

  /** A registration, or a waiter of one, has changed. */
  private changed(descriptor: Descriptor): void {
    const { _instrument: instrument } = this.loop;
    if (instrument !== null) instrument.descriptorChanged?.(descriptor);
  }

  /** Notifies the waiters that the descriptor is closed. */
  private abandon(descriptor: Descriptor): void {
    for (const direction of ['reader', 'writer'] as const) {
      const waiter = descriptor[direction];
      if (waiter === null) continue;
      this.release(descriptor, direction);
      if (waiter._descriptorClosed !== undefined) waiter._descriptorClosed();
      else waiter.cancel();
    }
  }

  private narrow(descriptor: Descriptor, events: number): void {
    try {
      this.watch(descriptor, events);
    } catch {
      // The descriptor was closed by its number, not through its Socket. watch() has notified the other waiters, the one that is being
      // removed needs nothing, and the loop must not fail because of it.
      return; // watch() has reported it
    }
    this.changed(descriptor);
  }

  /** Sets the kernel registration to `events`; makes no system call if it already is. */
  private watch(descriptor: Descriptor, events: number): void {
    const { fd, registered } = descriptor;
    if (events === registered) return;
    descriptor.registered = 0; // if the kernel refuses, the selector has unregistered the descriptor
    if (events === 0) {
      this.byFd[fd] = undefined;
      if (!this.alwaysReady.delete(fd)) this.selector.unregister(fd);
      return;
    }
    try {
      if (registered === 0) this.register(fd, events, descriptor);
      else if (this.alwaysReady.has(fd)) this.alwaysReady.set(fd, events, descriptor);
      else this.selector.modify(fd, events, descriptor);
    } catch (error) {
      if (registered !== 0) this.byFd[fd] = undefined;
      this.changed(descriptor);
      this.abandon(descriptor);
      throw error;
    }
    descriptor.registered = events;
    if (registered === 0) putDense(this.byFd, fd, descriptor, undefined); // only now: the kernel has accepted the number
  }

  private register(fd: number, events: number, descriptor: Descriptor): void {
    try {
      this.selector.register(fd, events, descriptor);
    } catch (error) {
      if (!cannotBePolled(error)) throw error;
      this.alwaysReady.set(fd, events, descriptor);
    }
  }
}

/** Throws an InvalidStateError if the direction has a waiter that `waiter` must not replace. */
function checkFree(descriptor: Descriptor, direction: Direction, waiter: DescriptorWaiter): void {
  const { fd, internal } = descriptor;
  if (internal !== null) throw new InvalidStateError(`descriptor ${fd} belongs to the event loop itself`);
  const previous = descriptor[direction];
  if (previous === null || previous.cancelled() || (previous instanceof Handle && waiter instanceof Handle)) return;
  throw new InvalidStateError(`descriptor ${fd} already has a ${direction}`);
}
