/**
 * Builds the page from `lib/inspect/page/`.
 *
 * `dist/inspect/page.html` is the player: one file with its script, style and icon inlined, which makes no request. It contains the element
 * `<script type="application/json" id="trace"></script>` exactly once, and shows the trace that is put between these tags, as JSON in
 * which every `<` is written as `\u003c`. An empty element is a page without a trace.
 *
 * `dist/inspect/live.js` and `live.css` make it the page of a running loop: `selectloop inspect` adds them when it serves it. The script
 * uses that of the player, whose exports are in a variable.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';

import { rolldown } from 'rolldown';

const SOURCE = 'lib/inspect/page';
const TARGET = 'dist/inspect';

/** The variable with the exports of the player. */
const SHARED = 'selectloop';

const require = createRequire(import.meta.url);

const OPTIONS = {
  platform: 'browser',
  tsconfig: false,
  transform: {
    target: 'es2022',
    jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' },
    inject: { h: ['preact', 'h'], Fragment: ['preact', 'Fragment'] },
  },
  optimization: { inlineConst: { mode: 'all' } },
};

async function bundle(options, format) {
  const built = await rolldown({ ...OPTIONS, ...options });
  const { output } = await built.generate({
    ...{ format, minify: format === 'iife', comments: false },
    ...(format === 'iife' && { name: SHARED, globals: { [SHARED]: SHARED } }),
  });
  return output[0];
}

/** Inside a script element, these two would end it or change how its end is found. They can only be in strings. */
const inElement = (code) => code.trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');

/** Leaves out what the live page shares with the player. */
const withoutShared = {
  name: 'without-shared',
  resolveId(source, importer) {
    if (importer === undefined || source.startsWith('\0')) return null;
    const isOwn = source.startsWith('.') && resolve(dirname(importer), source).startsWith(resolve(SOURCE, 'live'));
    return isOwn || source.endsWith('/protocol.js') ? null : { id: SHARED, external: true };
  },
};

async function scripts() {
  const player = await bundle({ input: `${SOURCE}/main.tsx` }, 'iife');
  const options = { input: `${SOURCE}/live/main.tsx`, plugins: [withoutShared] };
  const { code } = await bundle(options, 'es');
  const [, imported = ''] = /import \{(.*?)\} from "selectloop"/s.exec(code) ?? [];
  const missing = imported
    .split(',')
    .map((each) => each.trim().split(' ')[0])
    .filter((name) => !player.exports.includes(name));
  if (missing.length > 0) throw new Error(`${SOURCE}/shared.ts lacks ${missing.join(', ')}`);
  const live = await bundle(options, 'iife');
  return { player: inElement(player.code), live: inElement(live.code) };
}

/** Removes comments and unneeded white space. The style sheets have no strings with either. */
function style(file) {
  return readFileSync(`${SOURCE}/${file}`, 'utf8')
    .replaceAll(/\/\*[^]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,>]) ?/g, '$1')
    .replaceAll(/: /g, ':')
    .replaceAll(';}', '}')
    .trim();
}

const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The licence of Preact, which is compiled in, asks for it. */
function notice() {
  const licence = readFileSync(`${dirname(require.resolve('preact/package.json'))}/LICENSE`, 'utf8').trim();
  return `<!-- This page contains Preact.\n\n${licence}\n-->`;
}

function icon() {
  const svg = readFileSync('docs/site/public/icon.svg', 'utf8').trim().replaceAll(/\s+/g, ' ');
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** Writes the files of the page into `dist/inspect`. */
export async function buildPage() {
  const { player, live } = await scripts();
  const look = style('style.css');
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(player)}`,
    `style-src ${hashOf(look)}`,
    "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'",
  ].join('; ');
  const template = readFileSync(`${SOURCE}/page.html`, 'utf8').replaceAll(/\n\s*/g, '\n');
  const html = template
    .replace('<!-- @notice -->', notice)
    .replace('@policy', policy)
    .replace('@icon', icon())
    .replace('<style></style>', () => `<style>${look}</style>`)
    .replace('<script></script>', () => `<script>${player}</script>`);
  mkdirSync(TARGET, { recursive: true });
  writeFileSync(`${TARGET}/page.html`, html);
  writeFileSync(`${TARGET}/live.js`, live);
  writeFileSync(`${TARGET}/live.css`, style('live.css'));
}
