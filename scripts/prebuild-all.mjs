/**
 * Builds the addon for every platform that the package serves, into `prebuilds/`: Linux on x64 and arm64. `-- linux-x64` builds one of them,
 * `-- --out FOLDER` writes elsewhere.
 *
 * The binaries are built for an old glibc, and work with musl too: it takes the names of glibc's libraries for its own, does not ask for
 * versions of symbols, and has the same structures and constants on these processors. `check` makes sure that it has every function.
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

/** The file in `prebuilds/` to the target as zig names it. */
const TARGETS = {
  'linux-x64/selectloop.node': `x86_64-linux-gnu.${NEWEST_GLIBC}`,
  'linux-arm64/selectloop.node': `aarch64-linux-gnu.${NEWEST_GLIBC}`,
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

/** Names that the dynamic linker of the target must find: versions of glibc, libraries, and functions. */
function needs(file) {
  const binary = readFileSync(file);
  const text = binary.toString('latin1');
  const versions = [...new Set(text.match(/\bGLIBC_\d[\d.]*/g))].map((name) => name.slice('GLIBC_'.length));
  const libraries = [...new Set(text.match(/\b(?:lib|ld-)[\w+-]+\.so[.\d]*/g))];
  return {
    libraries,
    glibc: versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1),
    symbols: undefinedSymbols(binary),
  };
}

const SHT_DYNSYM = 11;

/** Returns the names in the table of dynamic symbols of a 64-bit ELF file that no section defines. The format is described in elf(5). */
function undefinedSymbols(binary) {
  const start = Number(binary.readBigUInt64LE(40));
  const size = binary.readUInt16LE(58);
  const sections = Array.from({ length: binary.readUInt16LE(60) }, (_, i) => {
    const at = start + i * size;
    const number = (offset) => Number(binary.readBigUInt64LE(at + offset));
    const [type, link] = [binary.readUInt32LE(at + 4), binary.readUInt32LE(at + 40)];
    return { type, link, offset: number(24), size: number(32), entrySize: number(56) };
  });
  const table = sections.find(({ type }) => type === SHT_DYNSYM);
  const names = sections[table.link].offset;
  const found = [];
  for (let at = table.offset + table.entrySize; at < table.offset + table.size; at += table.entrySize) {
    const name = names + binary.readUInt32LE(at);
    if (binary.readUInt16LE(at + 6) === 0) found.push(binary.toString('latin1', name, binary.indexOf(0, name)));
  }
  return found;
}

/** Returns the names that musl exports: zig has a list of them. */
function symbolsOfMusl(zig) {
  const text = readFileSync(join(dirname(zig), '../../lib/libc/musl/libc.S'), 'utf8');
  return new Set([...text.matchAll(/^(\w+):$/gm)].map(([, name]) => name));
}

/** Fails if the file needs a newer glibc than it was built for, or a library or a function that the target may not have. */
function check(zig, file, name) {
  const { glibc, libraries, symbols } = needs(file);
  const others = libraries.filter((library) => !/^(libc|libm|libdl|libpthread|librt)\./.test(library));
  if (others.length > 0) throw new Error(`${name} needs ${others.join(', ')}`);
  if (glibc.localeCompare(NEWEST_GLIBC, 'en', { numeric: true }) > 0) throw new Error(`${name} needs glibc ${glibc}`);
  const known = symbolsOfMusl(zig);
  const missing = symbols.filter((symbol) => !/^(napi|uv)_/.test(symbol) && !known.has(symbol));
  if (missing.length > 0) throw new Error(`${name} needs ${missing.join(', ')}, which musl does not have`);
  return `glibc ${glibc} or musl`;
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
  const needed = check(zig, file, name);
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
