/** `binding.gyp` builds what is published, `CMakeLists.txt` what the sanitizers check. Both must name every source and no other. */

import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SOURCE_FOLDERS = ['native/core', 'native/binding'];

/** The addon's sources named in a build description. Both formats comment with `#`. */
function sourcesNamedIn(file: string): string[] {
  const text = readFileSync(root + file, 'utf8').replace(/#.*$/gm, '');
  const named = text.match(/\bnative\/(?:core|binding)\/[\w./-]+\.cc\b/g) ?? [];
  return [...new Set(named)].sort();
}

function sourcesOnDisk(): string[] {
  const paths = SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  );
  return paths.filter((path) => path.endsWith('.cc')).sort();
}

test('there are sources to compare', () => {
  expect(sourcesOnDisk()).not.toEqual([]);
});

test('binding.gyp names exactly the sources on disk', () => {
  expect(sourcesNamedIn('binding.gyp')).toEqual(sourcesOnDisk());
});

test('CMakeLists.txt names exactly the sources of binding.gyp', () => {
  expect(sourcesNamedIn('CMakeLists.txt')).toEqual(sourcesNamedIn('binding.gyp'));
});
