/** Verifies what is in the tarball: the files, their size, a README whose links work anywhere, and source maps that lead to sources in it. */

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

import { PREBUILDS } from '../release-check.mjs';

/** Of which the simulated kernel, with its sources for debuggers, is about 110 kB. */
const LARGEST_TARBALL_BYTES = 930_000;

/** The player, which every file that it writes contains, and what makes it the live page. */
const LARGEST_PAGE_BYTES = 83_000;
const LARGEST_PACKED_PAGE_BYTES = 29_500;
const LARGEST_LIVE_BYTES = 30_000;

const REQUIRED = [
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/cli/main.js',
  'dist/inspect/page.html',
  'dist/inspect/live.js',
  'dist/inspect/live.css',
  'native/addon.gyp',
  'native/core/selector.cc',
  'native/binding/module.cc',
  ...PREBUILDS,
];
const FORBIDDEN =
  /^(test|lib|scripts|bench|build.*|binding\.gyp|node_modules|native\/test|\.)(\/|$)|\.test\.|tsbuildinfo/;

/** A program that fails inside the library. */
const FAILING = `
const { runSync, sleep } = require('selectloop');
try {
  runSync(() => sleep('soon'));
} catch (error) {
  console.log(error.stack);
}
`;

function checkSourceMaps({ installed, folder, execute, fail }) {
  const maps = readdirSync(join(installed, 'dist'), { recursive: true }).filter((file) => file.endsWith('.js.map'));
  const contents = new Map();
  for (const file of maps) {
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(installed, 'dist', file), 'utf8'));
    sources.forEach((source, i) => contents.set(normalize(join('dist', dirname(file), source)), sourcesContent[i]));
  }
  const missing = [...contents].filter(([source, text]) => source.startsWith('lib/') && !(text?.length > 0));
  if (missing.length > 0) fail(`the source maps lack ${missing.map(([source]) => source).join(', ')}`);
  writeFileSync(join(folder, 'failing.cjs'), FAILING);
  const printed = execute('node', ['--enable-source-maps', 'failing.cjs'], { cwd: folder });
  const [, source, line] = /selectloop\/(lib\/errors\/[\w-]+\.ts):(\d+)/.exec(printed) ?? [];
  if (source === undefined) fail(`expected a stack in lib/errors/, got ${printed}`);
  const text = contents.get(source)?.split('\n')[line - 1] ?? '';
  if (!text.includes('new TypeError'))
    fail(`expected the stack to lead to "new TypeError", got ${source}:${line}: ${text}`);
  console.log(`contents: ${maps.length} source maps have ${contents.size} sources; a stack shows ${source}:${line}`);
}

function checkPage({ installed, fail }) {
  const page = readFileSync(join(installed, 'dist/inspect/page.html'));
  const packed = gzipSync(page, { level: 9 }).length;
  if (page.length > LARGEST_PAGE_BYTES || packed > LARGEST_PACKED_PAGE_BYTES)
    fail(
      `page.html has ${page.length} bytes, ${packed} compressed; expected at most ${LARGEST_PAGE_BYTES} and ${LARGEST_PACKED_PAGE_BYTES}`,
    );
  const live = ['live.js', 'live.css'].map((name) => readFileSync(join(installed, 'dist/inspect', name), 'utf8'));
  const liveBytes = live.join('').length;
  if (liveBytes > LARGEST_LIVE_BYTES)
    fail(`live.js and live.css have ${liveBytes} bytes, expected at most ${LARGEST_LIVE_BYTES}`);
  // The live page takes Preact and the views from the player.
  if (live.join('').includes('queueMicrotask')) fail('live.js contains Preact, which page.html contains too');
  console.log(
    `contents: page.html has ${page.length} bytes, ${packed} compressed; the live page has ${liveBytes} more`,
  );
}

/**
 * @param report the report of `npm pack --json` on the tarball
 * @param execute runs a command and throws if it fails; @param fail throws an error with a message
 */
export function checkContents({ folder, tarball, report, execute, fail }) {
  const paths = report.files.map((file) => file.path);
  const absent = REQUIRED.filter((path) => !paths.includes(path));
  if (absent.length > 0) fail(`the tarball lacks ${absent.join(', ')}`);
  const unwanted = paths.filter((path) => FORBIDDEN.test(path));
  if (unwanted.length > 0) fail(`the tarball contains unneeded files:\n  ${unwanted.join('\n  ')}`);
  if (report.size > LARGEST_TARBALL_BYTES)
    fail(`the tarball has ${report.size} bytes, expected at most ${LARGEST_TARBALL_BYTES}`);
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
  const sizes = `${kilobytes(report.size)} packed, ${kilobytes(report.unpackedSize)} unpacked`;
  console.log(`contents: ${report.filename}: ${paths.length} files, ${sizes}`);

  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  execute('npm', ['install', ...quiet, tarball], { cwd: folder });
  const installed = join(folder, 'node_modules/selectloop');
  const [link] =
    /\]\((?!https?:|#)[^)]*\)|(src|srcset)="(?!https?:)/.exec(readFileSync(join(installed, 'README.md'), 'utf8')) ?? [];
  if (link !== undefined) fail(`the README of the package has a relative link: ${link}`);
  console.log('contents: the README has no relative link');
  checkPage({ installed, fail });
  checkSourceMaps({ installed, folder, execute, fail });
}
