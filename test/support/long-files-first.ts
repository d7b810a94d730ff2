/** Runs the test files that take longest first, so that no worker is left alone with one of them at the end. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Those that start many processes alternate with those that compute. The first is short, but needs a fresh worker: it measures what survives
 * minor collections, and in the large heap that other files leave behind, V8 has failed it. A name that ends in a slash is a folder.
 */
const LONG = [
  'streams/memory',
  'bridge/differential/to-duplex',
  'lifecycle/workers',
  'inspect/page/',
  'scaling/scaling',
  'docs/guide',
  'workers/serve-workers',
  'lifecycle/foreign-clients',
  'fuzz/transports/transports',
  'systems/echo-servers',
  'fuzz/fuzz',
  'executor/to-thread',
  'signals/workers',
  'lifecycle/exits',
  'sync/interleavings',
  'testing/flat-memory',
].map((name) => fileURLToPath(new URL(`../${name}${name.endsWith('/') ? '' : '.test.ts'}`, import.meta.url)));

export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const missing = LONG.find((path) => !existsSync(path));
    if (missing !== undefined) throw new Error(`long-files-first.ts names ${missing}, which does not exist`);
    const long = LONG.flatMap((path) => files.filter(({ moduleId }) => moduleId.startsWith(path)));
    return [...long, ...(await super.sort(files.filter((file) => !long.includes(file))))];
  }
}
