/** The folder in which this package is installed. */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/**
 * The folder with package.json and the addon. It is resolved by the package's own name, so it does not matter into which file the build
 * or a bundler has put this line.
 */
export const packageRoot: string = dirname(createRequire(import.meta.url).resolve('selectloop/package.json'));
