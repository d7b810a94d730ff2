/**
 * The selector: which descriptors are ready for what?
 *
 * This file is the bookkeeping that every mechanism shares; the kernel's part is five small hooks. The contract and the split
 * are those of CPython's `Lib/selectors.py`.
 *
 * Invariants:
 * - A key is in the table exactly while the hooks know its descriptor: it is stored after the kernel accepted it and removed
 *   before the kernel forgets it. A refused registration leaves nothing behind.
 * - A selector owns no descriptor that is registered with it. Unregister before closing one.
 */

import { SelectorError, wrongType } from '../errors/index.js';
import { checkEvents } from './events.js';
import { type FileObject, descriptorIfOpen, descriptorOf } from './file-object.js';
import { KeyTable } from './key-table.js';
import { readyListFor } from './ready-list.js';
import { Registration, type SelectorKey } from './selector-key.js';
import { waitTime } from './wait-time.js';

/**
 * Waits until one of many descriptors is ready.
 *
 * To write one of your own (a test's in-memory selector, say), extend this class and implement the five `protected abstract`
 * methods. Arguments are checked and keys are kept before they are called: `fd` is an integer >= 0, `events` a valid mask.
 *
 * @typeParam D what `data` is
 */
export abstract class Selector<D = unknown> implements Disposable {
  /** Whether each wait takes time for everything that is registered, ready or not. An event loop then asks for all at once. */
  readonly scansAll: boolean = true;

  readonly #keys = new KeyTable<D>();
  /** Counts registrations; see {@link Registration}. */
  #serial = 0;
  /** Null while a `selectEach` is using it, so that a nested one takes an array of its own. */
  #ready: Int32Array | null = readyListFor(0, Number.POSITIVE_INFINITY, null);
  #closed = false;

  /** Hook: starts watching a descriptor that is not watched yet. To refuse, throw; then nothing is registered. */
  protected abstract registerDescriptor(fd: number, events: number): void;
  /** Hook: changes what a watched descriptor is watched for. If it throws, the descriptor must not be watched any more. */
  protected abstract modifyDescriptor(fd: number, events: number): void;
  /** Hook: stops watching. Must not mind a descriptor that was closed meanwhile: it is the normal end of many. */
  protected abstract unregisterDescriptor(fd: number): void;
  /**
   * Hook: waits, then writes `(fd, events)` pairs to the start of `ready`, at most `ready.length / 2` of them; what does not
   * fit is reported by the next call. Descriptors and bits that nobody asked for are dropped by the caller.
   *
   * @param timeoutMs negative: for ever; 0: do not wait; else milliseconds, fractions allowed. Never return early with nothing.
   * @returns the number of pairs
   */
  protected abstract waitForEvents(timeoutMs: number, ready: Int32Array): number;
  /** Hook: releases what the selector holds. Called once. */
  protected abstract closeSelector(): void;

  /**
   * Starts watching a file object.
   *
   * @param events EVENT_READ, EVENT_WRITE or both
   * @param data kept in the key, for the caller's use
   * @throws TypeError for a bad file object, RangeError for bad events, SelectorError EEXIST when the descriptor is registered
   *   already, ERR_SELECTOR_CLOSED when the selector is closed, OSError when the kernel refuses (EBADF: not open; EPERM: epoll
   *   and a regular file)
   */
  register(fileobj: FileObject, events: number, data?: D): SelectorKey<D> {
    this.#checkOpen();
    checkEvents(events);
    const fd = descriptorOf(fileobj);
    if (this.#keys.has(fd)) throw new SelectorError('EEXIST', `register: descriptor ${fd} is already registered`);
    this.registerDescriptor(fd, events);
    const key = new Registration(fileobj, fd, events, data as D, ++this.#serial);
    this.#keys.put(key);
    return key;
  }

  /**
   * Stops watching a file object. Works also when it has been closed meanwhile: it is then found by identity.
   *
   * @returns the key it had
   * @throws SelectorError ENOENT when it is not registered, ERR_SELECTOR_CLOSED; TypeError for a bad file object
   */
  unregister(fileobj: FileObject): SelectorKey<D> {
    const key = this.#find(fileobj);
    this.#keys.remove(key.fd);
    this.unregisterDescriptor(key.fd);
    return key;
  }

  /**
   * Changes the events and the data of a registered file object. With the same events it only replaces the data and makes no
   * system call. If the kernel refuses, the file object is no longer registered and the error is thrown.
   *
   * @returns the new key
   * @throws SelectorError ENOENT when it is not registered, ERR_SELECTOR_CLOSED; TypeError, RangeError, OSError as `register`
   */
  modify(fileobj: FileObject, events: number, data?: D): SelectorKey<D> {
    checkEvents(events);
    const old = this.#find(fileobj);
    if (events !== old.events) {
      try {
        this.modifyDescriptor(old.fd, events);
      } catch (error) {
        this.#keys.remove(old.fd);
        throw error;
      }
    }
    // The same registration goes on, so events fetched already still belong to it: it keeps its serial.
    const key = new Registration(old.fileobj, old.fd, events, data as D, old.serial);
    this.#keys.put(key);
    return key;
  }

  /**
   * Waits until something is ready.
   *
   * @param timeoutMs milliseconds, fractions allowed (rounded up, so a wait never ends early); null or undefined waits for
   *   ever; 0 or less does not wait
   * @returns a list of `[key, events]`, one entry for each ready descriptor, with only the events that were asked for; empty
   *   when the time is over
   * @throws TypeError or RangeError for a timeout that is not a number, SelectorError ERR_SELECTOR_CLOSED, OSError
   */
  select(timeoutMs?: number | null): Array<[SelectorKey<D>, number]> {
    const found: Array<[SelectorKey<D>, number]> = [];
    this.selectEach(timeoutMs ?? null, (key, events) => {
      found.push([key, events]);
    });
    return found;
  }

  /**
   * As {@link select}, but calls `visit` for each ready descriptor instead of building a list: nothing is allocated, which is
   * what an event loop needs a hundred thousand times a second.
   *
   * `visit` may call any method of this selector. A key that was unregistered since the wait is not visited; nor is a
   * descriptor registered since, even under a number that was ready: its events are another file's. If `visit` throws,
   * the rest of the batch is skipped; readiness is a level, so the next call reports it again.
   *
   * @param most visits no more than so many; the next call reports the others. Default: all that are ready
   * @returns how many keys were visited
   */
  selectEach(
    timeoutMs: number | null,
    visit: (key: SelectorKey<D>, events: number) => void,
    most = Number.POSITIVE_INFINITY,
  ): number {
    this.#checkOpen();
    if (typeof visit !== 'function') throw wrongType('visit', 'a function', visit);
    const hookTimeoutMs = waitTime(timeoutMs);
    const ready = readyListFor(this.#keys.size, most, this.#ready);
    const lastSerial = this.#serial;
    let visited = 0;
    this.#ready = null;
    try {
      const pairs = this.waitForEvents(hookTimeoutMs, ready);
      for (let i = 0; i < pairs; i++) {
        const key = this.#keys.get(ready[2 * i]!);
        if (key === undefined || key.serial > lastSerial) continue;
        const events = ready[2 * i + 1]! & key.events;
        if (events === 0) continue;
        visited++;
        visit(key, events);
      }
    } finally {
      this.#ready = ready;
    }
    return visited;
  }

  /**
   * The key of a registered file object.
   *
   * @throws SelectorError ENOENT when it is not registered, ERR_SELECTOR_CLOSED; TypeError for a bad file object
   */
  getKey(fileobj: FileObject): SelectorKey<D> {
    return this.#find(fileobj);
  }

  /** The keys by descriptor: a live, read-only view. Empty once the selector is closed. */
  getMap(): ReadonlyMap<number, SelectorKey<D>> {
    return this.#keys;
  }

  /** Forgets every registration and releases the kernel's resources. Idempotent. The registered files stay open. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#keys.clear();
    this.closeSelector();
  }

  /** Same as {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw new SelectorError('ERR_SELECTOR_CLOSED', 'the selector is closed');
  }

  #find(fileobj: FileObject): Registration<D> {
    this.#checkOpen();
    const fd = descriptorIfOpen(fileobj);
    const key = fd >= 0 ? this.#keys.get(fd) : this.#keys.findByIdentity(fileobj);
    if (key !== undefined) return key;
    const name = fd >= 0 ? `descriptor ${fd}` : 'this closed file object';
    throw new SelectorError('ENOENT', `${name} is not registered`);
  }
}
