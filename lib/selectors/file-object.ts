/** File objects: descriptor numbers, and objects that have one. */

import { wrongType } from '../errors/index.js';

/** A file descriptor, or an object whose `fileno()` returns one (a negative number once it is closed). */
export type FileObject = number | { fileno(): number };

const largestDescriptor = 0x7fff_ffff;
const expected = 'a file descriptor (an integer >= 0) or an object with fileno()';

/**
 * Returns the descriptor of an open file object.
 *
 * @throws TypeError for anything else: a negative or fractional number, an object without `fileno()`, a closed socket
 * @internal
 */
export function descriptorOf(fileobj: FileObject): number {
  const fd = descriptorIfOpen(fileobj);
  if (fd < 0) throw wrongType('fileobj', `${expected} that is open`, fileobj);
  return fd;
}

/**
 * Returns the descriptor of a file object, or -1 for an object that is closed. The latter is not an error, because a closed object can
 * still be unregistered.
 *
 * @throws TypeError for anything that is not a file object
 * @internal
 */
export function descriptorIfOpen(fileobj: FileObject): number {
  if (typeof fileobj === 'number') {
    if (!isDescriptor(fileobj)) throw wrongType('fileobj', expected, fileobj);
    return fileobj;
  }
  // Untyped code may pass null, a string or a plain object; these must get the error below, not one from the call.
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
