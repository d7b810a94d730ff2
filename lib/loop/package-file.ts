/** Files of this package. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../native/package-root.js';

/** Reads a file, given its path from the root of the package. Throws an error of `node:fs` if there is none, as in a bundled program. */
export function readPackageFile(path: string): string {
  return readFileSync(join(packageRoot, path), 'utf8');
}
