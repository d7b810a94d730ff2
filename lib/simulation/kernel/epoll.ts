/**
 * epoll(7), level-triggered: an interest list of files, and a ready list of those that may be ready.
 *
 * A file that changes puts its entries on the ready lists. A wait asks each file on the list for its state: one that is not ready after all
 * leaves the list, and one that is ready is reported and goes to the end of the list, so that every file gets its turn if a wait cannot
 * report all of them. This is why the cost of a wait does not depend on the number of files that are watched.
 */

import { violated } from './checks.js';
import { EBADF, EEXIST, EINVAL, ELOOP, ENOENT, EPERM } from './errno.js';
import { POLLERR, POLLHUP, POLLIN } from './numbers.js';
import { OpenFile, type Watch } from './open-file.js';

/** Always reported, whatever the program asks for. */
const ALWAYS = POLLERR | POLLHUP;
const MOST_LEVELS = 5;

/** An entry of the interest list. It watches the *file*; the number is only a name, and may refer to another file by now. */
class Entry<Data> implements Watch {
  constructor(
    private readonly epoll: Epoll<Data>,
    readonly file: OpenFile,
    readonly fd: number,
    public events: number,
    public data: Data,
  ) {}

  /** The events that are there now, of those that were asked for. */
  get ready(): number {
    return this.file.poll() & (this.events | ALWAYS);
  }

  fileChanged(): void {
    this.epoll.entryChanged(this);
  }

  fileReleased(): void {
    this.epoll.remove(this);
  }
}

/** What a wait reports. */
export interface EpollEvent<Data> {
  readonly events: number;
  readonly data: Data;
}

export class Epoll<Data> extends OpenFile {
  /** By file and number: the same file may be there several times, and a number may have belonged to several files. */
  private readonly interest = new Map<OpenFile, Map<number, Entry<Data>>>();
  /** In the order in which the files became ready. */
  private ready = new Set<Entry<Data>>();

  /** An epoll is itself a file, and readable while one of its files is ready. */
  override poll(): number {
    return [...this.ready].some((entry) => entry.ready !== 0) ? POLLIN : 0;
  }

  /** EPOLL_CTL_ADD. `data` comes back with every event. */
  add(fd: number, file: OpenFile | null, events: number, data: Data): number {
    if (file === null) return -EBADF;
    if (!file.canBeWatched) return -EPERM;
    if (file === this) return -EINVAL;
    if (file instanceof Epoll && file.watchesWithin(this, MOST_LEVELS)) return -ELOOP;
    if (this.find(fd, file) !== undefined) return -EEXIST;
    const entry = new Entry(this, file, fd, events, data);
    const entries = this.interest.get(file) ?? new Map<number, Entry<Data>>();
    this.interest.set(file, entries.set(fd, entry));
    file.watches.add(entry);
    this.entryChanged(entry);
    return 0;
  }

  /** EPOLL_CTL_MOD. */
  modify(fd: number, file: OpenFile | null, events: number, data: Data): number {
    if (file === null) return -EBADF;
    if (!file.canBeWatched) return -EPERM;
    const entry = this.find(fd, file);
    if (entry === undefined) return -ENOENT;
    entry.events = events;
    entry.data = data;
    this.entryChanged(entry);
    return 0;
  }

  /** EPOLL_CTL_DEL. */
  delete(fd: number, file: OpenFile | null): number {
    if (file === null) return -EBADF;
    if (!file.canBeWatched) return -EPERM;
    const entry = this.find(fd, file);
    if (entry === undefined) return -ENOENT;
    entry.file.watches.delete(entry);
    this.remove(entry);
    return 0;
  }

  /** Returns the events that are there now, at most `most` of them. */
  collect(most: number): Array<EpollEvent<Data>> {
    const events: Array<EpollEvent<Data>> = [];
    const reported: Array<Entry<Data>> = [];
    for (const entry of [...this.ready]) {
      if (events.length === most) break;
      this.ready.delete(entry);
      const bits = entry.ready;
      if (bits === 0) continue;
      events.push({ events: bits, data: entry.data });
      reported.push(entry);
    }
    for (const entry of reported) this.ready.add(entry);
    return events;
  }

  /** Puts an entry on the ready list, if it is ready. @internal */
  entryChanged(entry: Entry<Data>): void {
    if (entry.ready === 0) return;
    this.ready.add(entry);
    this.changed();
  }

  /** @internal */
  remove(entry: Entry<Data>): void {
    this.ready.delete(entry);
    const entries = this.interest.get(entry.file);
    entries?.delete(entry.fd);
    if (entries?.size === 0) this.interest.delete(entry.file);
  }

  protected override release(): void {
    for (const entry of this.entries()) entry.file.watches.delete(entry);
    this.interest.clear();
    this.ready.clear();
  }

  private *entries(): Generator<Entry<Data>> {
    for (const entries of this.interest.values()) yield* entries.values();
  }

  private find(fd: number, file: OpenFile): Entry<Data> | undefined {
    return this.interest.get(file)?.get(fd);
  }

  /** Returns true if this epoll watches `other`, directly or through others. */
  private watchesWithin(other: OpenFile, levels: number): boolean {
    if (levels === 0) return true;
    return [...this.interest.keys()].some(
      (file) => file === other || (file instanceof Epoll && file.watchesWithin(other, levels - 1)),
    );
  }

  /** Every file that is ready is on the ready list; otherwise a wake-up was lost. */
  override check(): void {
    for (const entry of this.entries()) {
      if (entry.ready !== 0 && !this.ready.has(entry))
        violated(`descriptor ${entry.fd} is ready, and its epoll does not know`);
    }
  }
}
