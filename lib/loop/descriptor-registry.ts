/**
 * Who waits for which descriptor.
 *
 * Each descriptor has at most one reader and one writer. The kernel's registration is *persistent*: when a one-shot waiter has
 * been woken, the descriptor stays registered, because the same task will most likely wait again after its next message, and
 * two epoll_ctl calls per message would cost more than the message. If an event then comes and nobody waits, the registration
 * is narrowed at that moment, so the loop never spins on it.
 *
 * Descriptors are forgotten *before* they are closed (the sockets layer tells us): epoll would go on reporting a closed
 * descriptor whose open file lives on in a duplicate, and the number may be reused by the very next call.
 *
 * Closed behind our back (`fs.closeSync(socket.fileno())`), a descriptor is gone without a word. What happens then:
 * - poll and select report it as ready, so whoever waits meets EBADF at the next call. A reader or writer handle is called, and
 *   called again, until it removes itself.
 * - epoll forgets it, and who waits for it is not woken, until the Socket is closed (EBADF) or the task cancelled.
 * - When the number comes back as another Socket, that one never inherits the registration: it carries the name of its
 *   *owner*. The kernel's half of it went with the old file, and waiting on ours alone would wait for ever.
 */

import { InvalidStateError } from '../errors/index.js';
import { EVENT_READ, EVENT_WRITE, type Selector, type SelectorKey } from '../selectors/index.js';
import { putDense } from '../collections/dense-array.js';
import type { RingQueue } from '../collections/ring-queue.js';
import { AlwaysReady, cannotBePolled } from './always-ready.js';
import { Handle } from './handle.js';
import type { IoBatch } from './io-batch.js';
import type { DescriptorWaiter, Runnable } from './runnable.js';

/** What the loop knows of one descriptor; the `data` of its selector key. */
export interface Descriptor {
  readonly fd: number;
  reader: DescriptorWaiter | null;
  writer: DescriptorWaiter | null;
  /** The events the kernel watches; may be more than what is waited for. */
  registered: number;
  /** The Socket whose operations wait here; null while only plain numbers were given. */
  owner: object | null;
  /** Called at once when the descriptor is readable, for the loop's own wake-up and libuv's backend. Does not count as a reader. */
  readonly internal: (() => void) | null;
  /** What the loop uses an internal one for, for instruments. */
  readonly purpose: string | null;
}

/** Says that a descriptor belongs to a transport. */
export interface Claim {
  /** The Socket, or whatever has the descriptor; null once it has not. */
  readonly channel: object | null;
  /** The transport, in words. */
  toString(): string;
}

/** What a waiter waits for. */
export type Direction = 'reader' | 'writer';

const eventOf = (direction: Direction): number => (direction === 'reader' ? EVENT_READ : EVENT_WRITE);

function newDescriptor(fd: number, owner: object | null): Descriptor {
  return { fd, reader: null, writer: null, registered: 0, owner, internal: null, purpose: null };
}

/** The readers and writers of a loop. */
export class DescriptorRegistry {
  /** How many readers and writers wait. */
  readers = 0;
  writers = 0;
  /** What the kernel watches for us, by number. Invariant: exactly the descriptors with `registered !== 0`. */
  private readonly byFd: Array<Descriptor | undefined> = [];
  /** Those that the selector cannot poll. */
  private readonly alwaysReady = new AlwaysReady<Descriptor>();
  /** Who has a descriptor for itself, by number: open transports. They need not wait for it all the time. */
  private readonly claims: Array<Claim | undefined> = [];

  constructor(
    private readonly selector: Selector<Descriptor>,
    private readonly ready: RingQueue<Runnable>,
    private readonly loop: { readonly _batch: IoBatch | null },
  ) {}

  /** The waiter for one direction of a descriptor; null when nobody waits. */
  waiting(fd: number, direction: Direction): DescriptorWaiter | null {
    return this.byFd[fd]?.[direction] ?? null;
  }

  /**
   * Puts a waiter in place. A handle that stood there is cancelled and replaced, as `addReader` does in asyncio; a task that
   * waits there is never pushed aside: InvalidStateError. OSError when the kernel refuses; then nothing is in place.
   *
   * @param owner the Socket that has the number now; null if only the number is known
   */
  add(fd: number, direction: Direction, waiter: DescriptorWaiter, owner: object | null = null): void {
    const descriptor = this.inPresentLife(fd, owner) ?? newDescriptor(fd, owner);
    const previous = descriptor[direction];
    checkFree(descriptor, direction, waiter);
    this.watch(descriptor, descriptor.registered | eventOf(direction));
    descriptor.owner ??= owner;
    if (previous === null) this.count(direction, 1);
    descriptor[direction] = waiter;
    previous?.cancel();
  }

  /** Reserves a descriptor for a transport: see {@link checkUnclaimed}. InvalidStateError if another one has the same socket. */
  claim(fd: number, claim: Claim): void {
    this.checkUnclaimed(fd, claim.channel);
    putDense(this.claims, fd, claim, undefined);
  }

  /** Takes `claim` back; harmless if the descriptor is closed, or another one's by now. */
  disclaim(fd: number, claim: Claim): void {
    if (this.claims[fd] === claim) this.claims[fd] = undefined;
  }

  /**
   * Throws an InvalidStateError if a transport has the descriptor: a second reader would take bytes from it.
   *
   * @param owner the Socket that has the number now. If it is not the transport's, that one was closed behind our back
   */
  checkUnclaimed(fd: number, owner: object | null): void {
    const claim = this.claims[fd];
    if (claim === undefined || (owner !== null && claim.channel !== owner)) return;
    throw new InvalidStateError(`descriptor ${fd} is used by transport ${claim.toString()}`);
  }

  /** Adds a descriptor of the loop's own; `purpose` says in a word what it is for. */
  addInternal(fd: number, onReadable: () => void, purpose: string): void {
    this.watch({ ...newDescriptor(fd, null), internal: onReadable, purpose }, EVENT_READ);
  }

  /** Takes a descriptor of the loop's own away. */
  removeInternal(fd: number): void {
    const descriptor = this.byFd[fd];
    if (descriptor !== undefined) this.watch(descriptor, 0);
  }

  /** Takes a waiter away, and narrows the kernel's registration. False if it does not wait here (any more). */
  remove(fd: number, direction: Direction, waiter: DescriptorWaiter): boolean {
    const descriptor = this.byFd[fd];
    if (descriptor === undefined || descriptor[direction] !== waiter) return false;
    this.release(descriptor, direction);
    // What was kept for a next wait goes too: who gives up a wait may never come back.
    this.narrow(
      descriptor,
      (descriptor.reader === null ? 0 : EVENT_READ) | (descriptor.writer === null ? 0 : EVENT_WRITE),
    );
    return true;
  }

  /** Takes a handle away and cancels it. False if there was none; a task that waits there is not a handle, and is left alone. */
  removeHandle(fd: number, direction: Direction): boolean {
    const waiter = this.waiting(fd, direction);
    if (!(waiter instanceof Handle)) return false;
    this.remove(fd, direction, waiter);
    waiter.cancel();
    return true;
  }

  /**
   * A one-shot waiter has been woken. With `keep` the kernel's registration stays for the next one; without it (a descriptor
   * we do not see being closed) it is narrowed, or a later user of the same number would wait on a registration that is gone.
   */
  woken(fd: number, direction: Direction, waiter: DescriptorWaiter, keep: boolean): void {
    const descriptor = this.byFd[fd];
    if (descriptor === undefined || descriptor[direction] !== waiter) return;
    this.release(descriptor, direction);
    if (!keep) this.narrow(descriptor, descriptor.registered & ~eventOf(direction));
  }

  /** The descriptor is about to be closed: whoever waits is told, and its number is free for a new life. */
  forget(fd: number): void {
    if (fd < this.claims.length) this.claims[fd] = undefined;
    const descriptor = this.byFd[fd];
    if (descriptor === undefined) return;
    try {
      this.watch(descriptor, 0);
    } finally {
      this.abandon(descriptor);
    }
  }

  /**
   * The loop is closing: handles are cancelled and everything is dropped, so that a late `removeReader` finds nothing. Tasks
   * that wait are left as they are; no loop will ever run them.
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

  /** Polls: calls `visit` for each ready descriptor. */
  poll(timeoutMs: number | null, visit: (key: SelectorKey<Descriptor>, events: number) => void, most: number): number {
    return this.alwaysReady.selectEach(this.selector, timeoutMs, visit, most);
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
    // Nobody waits (any more): stop watching, or a level-triggered event would be reported for ever.
    if (waiter !== null) this.release(descriptor, direction);
    this.narrow(descriptor, descriptor.registered & ~eventOf(direction));
  }

  /**
   * What is known of a descriptor, if it still is the file we knew.
   *
   * It is not when another Socket has the number now. A registration that was kept with nobody waiting is only trusted by the
   * Socket that left it: for a plain number there is no telling whose it is.
   */
  private inPresentLife(fd: number, owner: object | null): Descriptor | undefined {
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

  /** Tells whoever waits that the descriptor is gone. */
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
      // The descriptor was closed without our knowing (by its number, not through Socket). Its waiters have been told by
      // watch(); the one that leaves has nothing to lose, and the loop must not stop for it.
    }
  }

  /** Brings the kernel's registration to `events`, with no system call if it is there already. */
  private watch(descriptor: Descriptor, events: number): void {
    const { fd, registered } = descriptor;
    if (events === registered) return;
    descriptor.registered = 0; // what holds if the kernel refuses: the selector then keeps nothing of the descriptor
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
      this.abandon(descriptor);
      throw error;
    }
    descriptor.registered = events;
    if (registered === 0) putDense(this.byFd, fd, descriptor, undefined); // the kernel has vouched for the number
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

/** Throws an InvalidStateError if a waiter that must not be pushed aside stands in the way of `waiter`. */
function checkFree(descriptor: Descriptor, direction: Direction, waiter: DescriptorWaiter): void {
  const { fd, internal } = descriptor;
  if (internal !== null) throw new InvalidStateError(`descriptor ${fd} belongs to the event loop itself`);
  const previous = descriptor[direction];
  if (previous === null || previous.cancelled() || (previous instanceof Handle && waiter instanceof Handle)) return;
  const verb = direction === 'reader' ? 'read from' : 'write to';
  throw new InvalidStateError(`descriptor ${fd}: another waiter is already set to ${verb} it`);
}
