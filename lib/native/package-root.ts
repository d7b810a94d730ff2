/** The folder that has the addon: that of this package or, in a bundled program, the one that the addon was copied to. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The path of the addon if it was built from source, from the root of the package. */
export const BUILT = 'build/Release/selectloop.node';

/** The folder of the prebuilt binaries for this processor, from the root of the package. */
export const PREBUILT = `prebuilds/${process.platform}-${process.arch}`;

const hasAddon = (folder: string): boolean => existsSync(join(folder, BUILT)) || existsSync(join(folder, PREBUILT));

/** Returns the folders from that of `file` up to the root. */
function* foldersAbove(file: string): Generator<string> {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    yield folder;
    if (folder === dirname(folder)) return;
  }
}

/**
 * Finds the folder with the addon, above this file or the main file of the program, or in a node_modules there.
 *
 * Nothing is resolved by `createRequire` or `import.meta.resolve`. Bundlers move this code to another file, and replace these calls, and
 * some also `import.meta.url`, by what they found when they made the bundle.
 */
function findPackageRoot(): string {
  const url: string | undefined = import.meta.url;
  const places = [url === undefined ? undefined : fileURLToPath(url), process.argv[1]];
  for (const place of places.filter((file) => file !== undefined)) {
    for (const folder of foldersAbove(place)) {
      const found = [folder, join(folder, 'node_modules/selectloop')].find(hasAddon);
      if (found !== undefined) return found;
    }
  }
  return places[0] === undefined ? process.cwd() : dirname(places[0]);
}

/** The folder with the addon. If there is none, the folder of this code. */
export const packageRoot: string = findPackageRoot();
