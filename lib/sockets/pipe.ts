/** Pipes. */

import { checked } from '../errors/index.js';
import { disownDescriptor } from '../native/adoption.js';
import { native } from '../native/binding.js';

/**
 * Creates a pipe: bytes written to one descriptor are read from the other. Both are blocking and close-on-exec.
 *
 * @returns the two descriptors; the caller owns them and closes them with `fd.close`
 * @throws OSError EMFILE if no descriptor is left
 */
export function pipe(): { read: number; write: number } {
  const ends = ownedPipe();
  disownDescriptor(ends.read);
  disownDescriptor(ends.write);
  return ends;
}

/** Creates a pipe that is closed when this thread ends, unless it is closed or given away before. @internal */
export function ownedPipe(): { read: number; write: number } {
  const pair = new Int32Array(2);
  checked(native.pipe(pair), 'pipe');
  return { read: pair[0]!, write: pair[1]! };
}
