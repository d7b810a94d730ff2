/**
 * Tells whether `dist/` is already what a build would make, because most runs of `npm test` build when nothing has changed. `npm run clean`
 * forgets it.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STAMP = 'build-types/.built';

/** Everything that a build reads; the last is what npm has installed, such as the compiler. */
const INPUTS = ['lib', 'examples', 'scripts', 'docs/site/public/icon.svg', 'LICENSE', 'package.json'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'node_modules/.package-lock.json'];
/** The last files of each part of a build. */
const OUTPUTS = ['dist/index.js', 'dist/index.d.ts', 'dist/examples', 'dist/inspect/page.html'];

/** The paths of files, or of all files in folders, in a fixed order. */
function filesOf(paths) {
  return paths.flatMap((path) => {
    if (!existsSync(path)) return [];
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path, { recursive: true }).sort();
    return names.map((name) => join(path, name)).filter((file) => statSync(file).isFile());
  });
}

/** Returns a hash of all that a build reads. */
export function hashOfInputs() {
  const hash = createHash('sha256').update(process.version);
  for (const file of filesOf([...INPUTS, ...SETTINGS])) hash.update(`\n${file}\n`).update(readFileSync(file));
  return hash.digest('hex');
}

/** Returns true if the last build had these inputs, and its outputs are still there. */
export function isBuilt(hash) {
  if (!OUTPUTS.every((path) => existsSync(path)) || !existsSync(STAMP)) return false;
  return readFileSync(STAMP, 'utf8') === hash;
}

/** Before a build: what it leaves, if it fails, is no build. */
export function forgetBuild() {
  rmSync(STAMP, { force: true });
}

export function noteBuild(hash) {
  writeFileSync(STAMP, hash);
}
