/** Builds `dist/` unless the last build had the same inputs. */

import { fileURLToPath } from 'node:url';

import { hashOfInputs, isBuilt } from './build-stamp.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
// The compiler and the bundler take longer to load than the hash to compute.
if (!isBuilt(hashOfInputs())) await import('./build-dist.mjs');
