/**
 * Makes a Node for musl that runs on a system with glibc, in `.matrix/node-musl/`. Neither npm nor Debian has one, but pnpm's executable for
 * musl is Node with a program inside: with the mark of that program cleared, it is an ordinary Node. It needs musl's dynamic linker (Debian's
 * package musl), and a libstdc++, for which the system's own and musl-shim.c serve.
 */

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { installPackage, installZig } from '../registry-binary.mjs';

const ROOT = dirname(dirname(import.meta.dirname));
const FOLDER = join(ROOT, '.matrix/node-musl');

/** The name that Node gives to the mark of an executable with a program inside; the 1 says that there is one. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1';

/** The system's C++ libraries, by the folders that Debian, Fedora and others have them in. */
const LIBRARIES = ['libstdc++.so.6', 'libgcc_s.so.1'];
const FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'];

function copyLibraries(folder) {
  for (const name of LIBRARIES) {
    const found = FOLDERS.map((parent) => join(parent, name)).find((file) => existsSync(file));
    if (found === undefined) throw new Error(`no ${name} in ${FOLDERS.join(', ')}`);
    copyFileSync(found, join(folder, basename(found)));
  }
}

/** Returns the command of a Node for musl, `{ command, env }`; or null if this system has no dynamic linker of musl. */
export function muslNode() {
  if (process.arch !== 'x64' || !existsSync('/lib/ld-musl-x86_64.so.1')) return null;
  const libraries = join(FOLDER, 'lib');
  const node = join(FOLDER, 'node');
  const found = { command: node, env: { ...process.env, LD_LIBRARY_PATH: libraries } };
  if (existsSync(node)) return found;
  const name = '@pnpm/linuxstatic-x64';
  const packed = readFileSync(installPackage('pnpm-musl', `${name}@11.21.0`, `${name}/pnpm`, { force: true }));
  const at = packed.indexOf(FUSE);
  if (at < 0) throw new Error('the executable of pnpm has no mark of a program inside');
  packed.write('0', at + FUSE.length - 1);
  mkdirSync(libraries, { recursive: true });
  copyLibraries(libraries);
  const shim = ['cc', '-target', 'x86_64-linux-musl', '-shared', '-fPIC', '-O1'];
  const source = join(import.meta.dirname, 'musl-shim.c');
  execFileSync(installZig(), [...shim, '-o', join(libraries, 'ld-linux-x86-64.so.2'), source], { stdio: 'inherit' });
  writeFileSync(node, packed, { mode: 0o755 });
  return found;
}
