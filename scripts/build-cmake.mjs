/**
 * Builds the addon through cmake-js into `build-cmake/`, and checks that it has the same exports as node-gyp's build.
 *
 * Nothing is downloaded: the headers of Node-API come from the package `node-api-headers`. It lacks libuv's header, for which the script
 * searches the headers of the running Node.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { findUvHeaders } from './uv-headers.mjs';

const ROOT = dirname(import.meta.dirname);
const OUT = join(ROOT, 'build-cmake');
const require = createRequire(import.meta.url);

function fail(message) {
  console.error(`build-cmake: ${message}`);
  process.exit(1);
}

function isInstalled(command) {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Fails unless at least one of the alternatives is installed. */
function requireTool(...alternatives) {
  if (alternatives.some(isInstalled)) return;
  fail(`"${alternatives.join('" or "')}" is missing; install it (Debian: apt-get install cmake g++ make)`);
}

async function build() {
  const { BuildSystem } = require('cmake-js');
  const system = new BuildSystem({
    directory: ROOT,
    out: OUT,
    config: 'Release',
    cMakeOptions: { SELECTLOOP_UV_INCLUDE: findUvHeaders() },
  });
  // cmake-js detects a Node-API addon by a field of package.json that other tools interpret differently, so it is set here. Otherwise
  // cmake-js would download all headers of Node.
  system.options.isNodeApi = true;
  await system.rebuild();
}

function namesOf(file) {
  const exported = require(file);
  const methods = Object.entries(exported)
    .filter(([, value]) => typeof value === 'function' && value.prototype !== undefined)
    .flatMap(([name, value]) => Object.getOwnPropertyNames(value.prototype).map((method) => `${name}.${method}`));
  const constants = Object.keys(exported.constants).map((name) => `constants.${name}`);
  return [...Object.keys(exported), ...methods, ...constants];
}

/** Loads both builds; fails if only one of them has a name. */
function compareExports() {
  const built = join(OUT, 'Release', 'selectloop.node');
  const reference = join(ROOT, 'build', 'Release', 'selectloop.node');
  if (!existsSync(built)) fail(`no ${built} after the build; there is: ${readdirSync(OUT).join(', ')}`);
  if (!existsSync(reference)) fail(`no ${reference} to compare with; run "npm run build:native" first`);
  const ours = namesOf(built);
  const theirs = namesOf(reference);
  const different = [
    ...ours.filter((name) => !theirs.includes(name)),
    ...theirs.filter((name) => !ours.includes(name)),
  ];
  if (different.length > 0) fail(`cmake-js and node-gyp built different exports: ${different.join(', ')}`);
  console.log(`build-cmake: ${ours.length} names, the same as build/Release`);
}

requireTool('cmake');
requireTool('g++', 'clang++');
requireTool('make', 'ninja');
try {
  await build();
} catch (error) {
  fail(error.message);
}
compareExports();
