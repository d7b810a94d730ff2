/** The version of this package. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../native/package-root.js';

/** Returns the version in package.json; "unknown" in a program that a bundler has put together, which has another package.json or none. */
export function packageVersion(): string {
  try {
    const { name, version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      name: unknown;
      version: string;
    };
    return name === 'selectloop' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
}
