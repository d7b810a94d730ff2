/**
 * The selector: reports which of the registered descriptors are ready for reading or writing.
 *
 * This file is the bookkeeping that all mechanisms share; a mechanism implements five small hooks. The contract and the division are
 * those of CPython's `Lib/selectors.py`.
 *
 * Invariants:
 * - Every key in the table belongs to a descriptor that the kernel watches: a key is stored after the kernel has accepted the
 *   descriptor, and removed before the kernel drops it. A refused registration leaves nothing behind.
 * - A selector does not own the descriptors registered with it. Unregister a descriptor before closing it.
 */

import { SelectorError, wrongType } from '../errors/index.js';
import { checkEvents } from './events.js';
import { type FileObject, descriptorIfOpen, descriptorOf } from './file-object.js';
import { KeyTable, KeyView } from './key-table.js';
import { checkedMost, readyListFor } from './ready-list.js';
import { Registration, type SelectorKey } from './selector-key.js';
import { checkedTimeout } from './timeout.js';

/** Means "no timeout" in the kernel's calls, and therefore in the hook. Everywhere else in the library this is null. */
const NO_TIMEOUT = -1;

/**
 * Waits until one of many descriptors is ready.
 *
 * To write another selector, such as an in-memory one for tests, extend this class and implement the five `protected abstract`
 * methods. They get valid arguments: `fd` is an integer >= 0, `events` a valid mask. The keys are kept here.
 *
 * @typeParam D the type of `data`
 *
 * @example
 * import { DefaultSelector, EVENT_READ } from 'selectloop/selectors';
 * import { socketpair } from 'selectloop/sockets';
 *
 * using selector = new DefaultSelector<string>();
 * const [a, b] = socketpair();
 * selector.register(b, EVENT_READ, 'socket b');
 * a.send(Buffer.from('hello'));
 * for (const [key, events] of selector.select(1000)) {
 *   console.log(key.data, events === EVENT_READ); // socket b true
 * }
 * a.close();
 * b.close();
 */
export abstract class Selector<D = unknown> implements Disposable {
  /** True if the cost of a wait grows with the number of registered descriptors. An event loop then fetches all ready ones in one wait. */
  readonly scansAll: boolean = true;

  readonly #keys = new KeyTable<D>();
  readonly #view = new KeyView<D>(this.#keys);
  /** The number of registrations so far; see {@link Registration}. */
  #serial = 0;
  /** Null while `selectEach` uses the array, so that a nested call allocates another. */
  #ready: Int32Array | null = readyListFor(0, Number.POSITIVE_INFINITY, null);
  #closed = false;

  /** Hook: starts watching a descriptor that is not watched yet. To refuse, throw; then no key is stored. */
  protected abstract registerDescriptor(fd: number, events: number): void;
  /** Hook: changes the events of a watched descriptor. If it throws, it must have stopped watching the descriptor. */
  protected abstract modifyDescriptor(fd: number, events: number): void;
  /** Hook: stops watching a descriptor. The descriptor may have been closed since it was registered, which is common. */
  protected abstract unregisterDescriptor(fd: number): void;
  /**
   * Hook: waits, then writes `(fd, events)` pairs to the start of `ready`, at most `ready.length / 2` of them; the next call reports the
   * rest. The caller drops descriptors and events that are not registered.
   *
   * @param timeoutMs negative: no timeout; 0: do not wait; otherwise milliseconds, fractions allowed. Must not return 0 pairs early.
   * @returns the number of pairs
   */
  protected abstract waitForEvents(timeoutMs: number, ready: Int32Array): number;
  /** Hook: releases the resources of the selector. Called once. */
  protected abstract closeSelector(): void;

  /**
   * Starts watching a file object.
   *
   * @param events EVENT_READ, EVENT_WRITE or both
   * @param data stored in the key, for the caller's use
   * @returns the key
   * @throws TypeError for an invalid file object, RangeError for invalid events, SelectorError EEXIST if the descriptor is already
   *   registered, ERR_SELECTOR_CLOSED if the selector is closed, OSError if the kernel refuses (EBADF: not open; EPERM: a regular file
   *   with epoll)
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
   * Stops watching a file object. A file object that has been closed since it was registered is found by identity.
   *
   * @returns its key
   * @throws SelectorError ENOENT if it is not registered, ERR_SELECTOR_CLOSED; TypeError for an invalid file object
   */
  unregister(fileobj: FileObject): SelectorKey<D> {
    const key = this.#find(fileobj);
    this.#keys.remove(key.fd);
    this.unregisterDescriptor(key.fd);
    return key;
  }

  /**
   * Changes the events and the data of a registered file object. If the events are the same, it only replaces the data and makes no
   * system call. If the kernel refuses, the error is thrown and the file object is no longer registered.
   *
   * @returns the new key
   * @throws SelectorError ENOENT if it is not registered, ERR_SELECTOR_CLOSED; TypeError, RangeError, OSError as `register`
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
    // It keeps its serial, because events that are already fetched still belong to the same registration.
    const key = new Registration(old.fileobj, old.fd, events, data as D, old.serial);
    this.#keys.put(key);
    return key;
  }

  /**
   * Waits until a registered descriptor is ready, or until the timeout.
   *
   * @param timeoutMs milliseconds, fractions allowed (rounded up, so a wait never ends early); null or undefined: no timeout; 0 or
   *   less: does not wait
   * @returns a list of `[key, events]`, one for each ready descriptor, with only the registered events; empty after a timeout
   * @throws TypeError or RangeError for an invalid timeout, SelectorError ERR_SELECTOR_CLOSED, OSError
   */
  select(timeoutMs?: number | null): Array<[SelectorKey<D>, number]> {
    const found: Array<[SelectorKey<D>, number]> = [];
    this.selectEach(timeoutMs ?? null, (key, events) => {
      found.push([key, events]);
    });
    return found;
  }

  /**
   * Calls `visit` for each ready descriptor; otherwise as {@link select}. It builds no list and allocates nothing, because an event
   * loop calls it up to a hundred thousand times a second.
   *
   * `visit` may call any method of this selector. A key that has been unregistered since the wait is not visited; neither is a
   * descriptor registered since the wait, even if its number was ready, because the event belongs to another file. If `visit` throws,
   * the rest of the batch is skipped; selectors are level-triggered, so the next call reports it again.
   *
   * @param most the maximum number of descriptors to fetch, a positive integer; the next call reports the rest. Default: no limit
   * @returns the number of keys visited
   * @throws as {@link select}; TypeError or RangeError for an invalid `visit` or `most`
   */
  selectEach(
    timeoutMs: number | null,
    visit: (key: SelectorKey<D>, events: number) => void,
    most = Number.POSITIVE_INFINITY,
  ): number {
    this.#checkOpen();
    if (typeof visit !== 'function') throw wrongType('visit', 'a function', visit);
    return this._poll(checkedTimeout(timeoutMs), visit, checkedMost(most));
  }

  /** @internal {@link selectEach} without checks of its arguments, for the event loop. `timeoutMs`: null or >= 0 */
  _poll(timeoutMs: number | null, visit: (key: SelectorKey<D>, events: number) => void, most: number): number {
    const ready = readyListFor(this.#keys.size, most, this.#ready);
    const lastSerial = this.#serial;
    let visited = 0;
    this.#ready = null;
    try {
      const pairs = this.waitForEvents(timeoutMs ?? NO_TIMEOUT, ready);
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
   * Returns the key of a registered file object.
   *
   * @throws SelectorError ENOENT if it is not registered, ERR_SELECTOR_CLOSED; TypeError for an invalid file object
   */
  getKey(fileobj: FileObject): SelectorKey<D> {
    return this.#find(fileobj);
  }

  /** Returns the keys by descriptor: a live, read-only view, empty once the selector is closed. */
  getMap(): ReadonlyMap<number, SelectorKey<D>> {
    return this.#view;
  }

  /** Drops every registration and releases the kernel's resources. The registered files stay open. Idempotent. */
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
