/** Files of this package. */

import { packageRoot } from '../native/package-root.js';
import { join, readFileSync } from '../platform/files.js';

/** Reads a file, given its path from the root of the package. Throws an error of `node:fs` if there is none, as in a bundled program. */
export function readPackageFile(path: string): string {
  return readFileSync(join(packageRoot, path), 'utf8');
}
