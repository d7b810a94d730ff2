/** The version of this package. */

import { readPackageFile } from './package-file.js';

/** Returns the version in package.json; "unknown" in a program that a bundler has put together, which has another package.json or none. */
export function packageVersion(): string {
  try {
    const { name, version } = JSON.parse(readPackageFile('package.json')) as {
      name: unknown;
      version: string;
    };
    return name === 'selectloop' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
}
