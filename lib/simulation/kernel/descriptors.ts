/** The descriptor table: from numbers to open files. */

import { EBADF, EMFILE } from './errno.js';
import { NullDevice } from './null-device.js';
import type { OpenFile } from './open-file.js';

const STANDARD_STREAMS = 3;

/** What descriptors belong to: the program of a host. */
export interface DescriptorOwner {
  /** `openFiles` counts the standard streams too. */
  readonly limits: { readonly openFiles: number };
}

/**
 * The table of all hosts. They share one, so that a number means the same file everywhere.
 *
 * Invariant: each descriptor holds one reference to its file, and the numbers 0 to 2 are never free. They have no owner.
 */
export class Descriptors {
  private readonly files: Array<OpenFile | null> = [];
  private readonly owners: Array<DescriptorOwner | null> = [];
  /** How many descriptors each owner has. */
  private readonly counts = new Map<DescriptorOwner, number>();

  /** @param owner returns the owner of descriptors that are opened now */
  constructor(private readonly owner: () => DescriptorOwner) {
    for (let fd = 0; fd < STANDARD_STREAMS; fd += 1) this.put(fd, new NullDevice());
  }

  /** One more than the highest number that was ever open. */
  get count(): number {
    return this.files.length;
  }

  /** The file of a descriptor; null if it is not open. */
  get(fd: number): OpenFile | null {
    return this.files[fd] ?? null;
  }

  /** Gives the lowest free number to a file. Returns it; -EMFILE if there are too many. */
  add(file: OpenFile): number {
    const owner = this.owner();
    const count = this.counts.get(owner) ?? 0;
    if (STANDARD_STREAMS + count >= owner.limits.openFiles) return -EMFILE;
    const free = this.files.indexOf(null);
    const fd = free < 0 ? this.files.length : free;
    this.put(fd, file);
    this.owners[fd] = owner;
    this.counts.set(owner, count + 1);
    return fd;
  }

  /** Gives numbers to both files, or to none. Returns 0 or -EMFILE. */
  addPair(first: OpenFile, second: OpenFile, pair: Int32Array): number {
    const a = this.add(first);
    if (a < 0) return a;
    const b = this.add(second);
    if (b < 0) {
      this.close(a);
      return b;
    }
    pair[0] = a;
    pair[1] = b;
    return 0;
  }

  /** Closes a descriptor. `/dev/null` takes the place of 0, 1 and 2. Returns 0 or -EBADF. */
  close(fd: number): number {
    const file = this.get(fd);
    if (file === null) return -EBADF;
    this.files[fd] = null;
    const owner = this.owners[fd] ?? null;
    if (owner !== null) this.counts.set(owner, this.counts.get(owner)! - 1);
    this.owners[fd] = null;
    if (fd < STANDARD_STREAMS) this.put(fd, new NullDevice());
    file.drop();
    return 0;
  }

  /** Makes an open descriptor refer to another file, as dup3(2). */
  replace(fd: number, file: OpenFile): void {
    const former = this.get(fd);
    this.put(fd, file);
    former?.drop();
  }

  /** All descriptors and their files, in the order of the numbers. */
  *entries(): Generator<[fd: number, file: OpenFile]> {
    for (const [fd, file] of this.files.entries()) if (file !== null) yield [fd, file];
  }

  /** The descriptors of an owner, in the order of the numbers. */
  of(owner: DescriptorOwner): number[] {
    return [...this.files.keys()].filter((fd) => this.owners[fd] === owner);
  }

  private put(fd: number, file: OpenFile): void {
    this.files[fd] = file;
    file.acquire();
  }
}
