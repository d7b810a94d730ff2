/** The pages of the finished site, and what is in their HTML. */

import { readFileSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';

import { HTML } from '../generate/places.mjs';

const unescape = (text) => text.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&');

/** The paths of all files of the site, with a slash before them. */
export const files = new Set(
  readdirSync(HTML, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `/${posix.join(entry.parentPath, entry.name).slice(HTML.length)}`),
);

/**
 * @typedef {object} Page
 * @property {string} path
 * @property {string} title
 * @property {string} html
 * @property {ReadonlySet<string>} ids the places that a link can lead to
 * @property {readonly string[]} links the values of `href` and `src`
 */

/** @returns {Page} */
function readPage(path) {
  const html = readFileSync(posix.join(HTML, path), 'utf8');
  const values = (attributes) => [...html.matchAll(attributes)].map(([, value = '']) => unescape(value));
  return {
    path,
    html,
    title: unescape(/<title>([^]*?)<\/title>/.exec(html)?.[1] ?? '').trim(),
    ids: new Set(values(/\sid="([^"]*)"/g)),
    links: values(/<[a-z][^>]*?\s(?:href|src)="([^"]*)"/g),
  };
}

/** All pages, by path. */
export const pages = new Map([...files].filter((path) => path.endsWith('.html')).map((path) => [path, readPage(path)]));

/** True for a page made by VitePress: not a source, a player, or the report of the benchmark. */
export const isDocument = (path) => !/^\/(?:source|players|benchmark)\//.test(path);
