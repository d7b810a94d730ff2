/** What can be registered with a selector: a descriptor number, or an object that has one. */

import { wrongType } from '../errors/index.js';

/** A file descriptor, or anything with a `fileno()` method that returns one (a negative number when it is closed). */
export type FileObject = number | { fileno(): number };

const largestDescriptor = 0x7fff_ffff;
const expected = 'a file descriptor (an integer >= 0) or an object with fileno()';

/**
 * The descriptor of an open file object.
 *
 * @throws TypeError for anything that is not an open file object: a negative or fractional number, an object without
 *   `fileno()`, a socket that is closed
 * @internal
 */
export function descriptorOf(fileobj: FileObject): number {
  const fd = descriptorIfOpen(fileobj);
  if (fd < 0) throw wrongType('fileobj', `${expected} that is open`, fileobj);
  return fd;
}

/**
 * The descriptor of a file object, or -1 for an object whose `fileno()` says that it is closed. Unregistering such an object
 * must still work (behaviour N2), so "closed" is an answer here and not an error.
 *
 * @throws TypeError for anything that is not a file object
 * @internal
 */
export function descriptorIfOpen(fileobj: FileObject): number {
  if (typeof fileobj === 'number') {
    if (!isDescriptor(fileobj)) throw wrongType('fileobj', expected, fileobj);
    return fileobj;
  }
  // A null, a string or a plain object may arrive from untyped code: the optional call must not be what throws.
  const candidate = fileobj as { fileno?: unknown } | null | undefined;
  if (typeof candidate?.fileno !== 'function') throw wrongType('fileobj', expected, fileobj);
  const fd: unknown = (fileobj as { fileno(): unknown }).fileno();
  if (typeof fd === 'number' && isDescriptor(fd)) return fd;
  if (typeof fd === 'number' && fd < 0) return -1;
  throw wrongType('fileobj.fileno()', 'a file descriptor (an integer >= 0)', fd);
}

function isDescriptor(fd: number): boolean {
  return Number.isInteger(fd) && fd >= 0 && fd <= largestDescriptor;
}
