/**
 * Builds `dist/inspect/page.html` from `lib/inspect/page/`: one file with its script, style and icon inlined, which makes no request.
 *
 * The file is a template. It contains the element `<script type="application/json" id="trace"></script>` exactly once, and shows the trace
 * that is put between these tags, as JSON in which every `<` is written as `\u003c`. An empty element is a page without a trace.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

import { rolldown } from 'rolldown';

const SOURCE = 'lib/inspect/page';
const TARGET = 'dist/inspect/page.html';

const require = createRequire(import.meta.url);

async function script() {
  const bundle = await rolldown({
    input: `${SOURCE}/main.tsx`,
    platform: 'browser',
    tsconfig: false,
    transform: {
      target: 'es2022',
      jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' },
      inject: { h: ['preact', 'h'], Fragment: ['preact', 'Fragment'] },
    },
    optimization: { inlineConst: { mode: 'all' } },
  });
  const { output } = await bundle.generate({ format: 'iife', minify: true, comments: false });
  // Inside a script element, these two would end it or change how its end is found. They can only be in strings.
  return output[0].code.trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
}

/** Removes comments and unneeded white space. The style sheet has no strings with either. */
function style() {
  return readFileSync(`${SOURCE}/style.css`, 'utf8')
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

/** Writes `dist/inspect/page.html`. */
export async function buildPage() {
  const parts = { script: await script(), style: style(), icon: icon() };
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(parts.script)}`,
    `style-src ${hashOf(parts.style)}`,
    "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'",
  ].join('; ');
  const template = readFileSync(`${SOURCE}/page.html`, 'utf8').replaceAll(/\n\s*/g, '\n');
  const html = template
    .replace('<!-- @notice -->', notice)
    .replace('@policy', policy)
    .replace('@icon', parts.icon)
    .replace('<style></style>', () => `<style>${parts.style}</style>`)
    .replace('<script></script>', () => `<script>${parts.script}</script>`);
  mkdirSync(dirname(TARGET), { recursive: true });
  writeFileSync(TARGET, html);
}
