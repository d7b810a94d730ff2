/**
 * Builds the addon for every platform that the package serves, into `prebuilds/`: Linux on x64 and arm64, each with glibc and with musl.
 * `-- linux-x64/selectloop.glibc` builds one of them, `-- --out FOLDER` writes elsewhere.
 *
 * The compiler is zig, because it brings headers and libraries of every target, those of old versions of glibc among them, and links its C++
 * library statically. It comes from npm, and downloads nothing when it runs. The sources and flags are those of `binding.gyp`.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

import { readTarget } from './binding-gyp.mjs';
import { installZig } from './registry-binary.mjs';
import { findUvHeaders } from './uv-headers.mjs';

const ROOT = dirname(import.meta.dirname);
const NEWEST_GLIBC = '2.17'; // of 2012; the oldest that any supported Node needs is 2.28

/** The file in `prebuilds/` to the target as zig names it. The loader in `lib/native/` chooses among these names. */
const TARGETS = {
  'linux-x64/selectloop.glibc.node': `x86_64-linux-gnu.${NEWEST_GLIBC}`,
  'linux-x64/selectloop.musl.node': 'x86_64-linux-musl',
  'linux-arm64/selectloop.glibc.node': `aarch64-linux-gnu.${NEWEST_GLIBC}`,
  'linux-arm64/selectloop.musl.node': 'aarch64-linux-musl',
};

/** What node-gyp adds to the flags of `binding.gyp`, and what makes the file small. */
const FLAGS = [
  '-shared',
  '-fPIC',
  '-pthread',
  '-fno-rtti',
  '-Os',
  '-flto=full',
  '-ffunction-sections',
  '-fdata-sections',
  '-fno-asynchronous-unwind-tables', // nothing is thrown or caught
  '-fno-unwind-tables',
  '-w',
];

/** Symbols are bound when they are used: Deno has no libuv, and can run what needs none. */
const LINKER_FLAGS = ['-Wl,-z,lazy', '-Wl,--gc-sections', '-s'];
const NO_EXCEPTIONS = join(import.meta.dirname, 'no-exceptions.cc');

/** Names that the dynamic linker of the target must find: versions of glibc, and libraries. */
function needs(file) {
  const text = readFileSync(file, 'latin1');
  const versions = [...new Set(text.match(/\bGLIBC_\d[\d.]*/g))].map((name) => name.slice('GLIBC_'.length));
  const libraries = [...new Set(text.match(/\b(?:lib|ld-)[\w+-]+\.so[.\d]*/g))];
  return { libraries, glibc: versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) };
}

/** Fails if the file needs a newer glibc than it was built for, or a library that the target may not have. */
function check(file, name) {
  const { glibc, libraries } = needs(file);
  const expected = /^(libc|libm|libdl|libpthread|librt|ld-linux-x86-64|ld-linux-aarch64)\./;
  const others = libraries.filter((library) => !expected.test(library));
  if (others.length > 0) throw new Error(`${name} needs ${others.join(', ')}`);
  if (name.includes('musl') === (glibc !== undefined))
    throw new Error(`${name} needs glibc ${glibc ?? 'of no version'}`);
  if (glibc?.localeCompare(NEWEST_GLIBC, 'en', { numeric: true }) > 0) throw new Error(`${name} needs glibc ${glibc}`);
  return glibc === undefined ? libraries.join(' ') : `glibc ${glibc}`;
}

function build(zig, folder, name, target) {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  const { sources, defines, include_dirs, cflags_cc, ldflags } = readTarget();
  const headers = [createRequire(import.meta.url)('node-api-headers').include_dir, findUvHeaders()];
  const cache = join(ROOT, '.matrix/zig-cache');
  const flags = [
    ...FLAGS,
    ...cflags_cc,
    ...[...defines, '_GNU_SOURCE'].map((define) => `-D${define}`),
    ...include_dirs.map((folder) => `-I${folder}`),
    ...headers.map((folder) => `-isystem${folder}`),
    ...ldflags,
    ...LINKER_FLAGS,
  ];
  execFileSync(zig, ['c++', '-target', target, ...flags, '-o', file, ...sources, NO_EXCEPTIONS], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'pipe'], // a failure shows what zig printed, else hundreds of warnings about its own C++ library
    maxBuffer: 1e9,
    env: { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache },
  });
  const needed = check(file, name);
  const packed = (gzipSync(readFileSync(file)).length / 1000).toFixed(0);
  console.log(`${name}: ${(statSync(file).size / 1000).toFixed(0)} kB, ${packed} kB packed; needs ${needed}`);
}

const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true });
const [wanted = ''] = positionals;
const chosen = Object.entries(TARGETS).filter(([name]) => name.startsWith(wanted));
if (chosen.length === 0) {
  console.error(`prebuild-all: expected one of ${Object.keys(TARGETS).join(', ')}, got ${wanted}`);
  process.exit(2);
}
const zig = installZig();
const folder = resolve(values.out ?? join(ROOT, 'prebuilds'));
for (const [name, target] of chosen) build(zig, folder, name, target);
