/**
 * Makes the files of the package that differ from those of the repository: `write` before packing, `restore` afterwards.
 *
 * - README.md: a relative link works beside the files that it names, but not on the registry's page. It becomes an address in the repository
 *   if package.json has one, and plain text otherwise; a picture without an address is left out.
 * - native/addon.gyp is binding.gyp. Under its own name, pnpm would take it for an install script and report that it did not run.
 */

import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(import.meta.dirname);
const README = join(ROOT, 'README.md');
const ORIGINAL = join(ROOT, '.README.original.md');
const ADDON_GYP = join(ROOT, 'native/addon.gyp');

const ABSOLUTE = /^(https?:|#)/;

/** Returns where the files of the repository can be seen, with a closing slash; undefined if package.json does not say. */
function addressOfFiles({ repository, version }) {
  const url = (typeof repository === 'object' ? repository.url : repository)?.replace(/^git\+|\.git$/g, '');
  return url === undefined ? undefined : `${url}/blob/v${version}/`;
}

/** Returns the README with its relative links replaced. @param manifest the content of package.json */
export function readmeForRegistry(text, manifest) {
  const files = addressOfFiles(manifest);
  const pictures = files?.replace('/blob/', '/raw/');
  const linked = text.replaceAll(/(!?)\[([^\]]*)\]\(([^)]+)\)/g, (whole, picture, label, target) => {
    if (ABSOLUTE.test(target)) return whole;
    if (files === undefined) return picture === '' ? label : '';
    return `${picture}[${label}](${picture === '' ? files : pictures}${target})`;
  });
  if (files === undefined) return linked.replaceAll(/<picture>.*?<\/picture>\n\n/gs, '').replaceAll(/\n{3,}/g, '\n\n');
  return linked.replaceAll(/ (src|srcset)="([^"]+)"/g, (whole, name, target) =>
    ABSOLUTE.test(target) ? whole : ` ${name}="${pictures}${target}"`,
  );
}

function main(action) {
  if (action === 'write') {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    if (!existsSync(ORIGINAL)) renameSync(README, ORIGINAL); // it exists if an earlier attempt to pack was interrupted
    writeFileSync(README, readmeForRegistry(readFileSync(ORIGINAL, 'utf8'), manifest));
    copyFileSync(join(ROOT, 'binding.gyp'), ADDON_GYP);
  } else {
    if (existsSync(ORIGINAL)) renameSync(ORIGINAL, README);
    rmSync(ADDON_GYP, { force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv[2]);
