/** Where things are in the repository, and where the site has them. */

import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

import { SECTIONS } from '../contents.mjs';

/** The root of the repository, with a slash at the end. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const BUILD = `${ROOT}build-docs/`;

/** What VitePress reads: the documents, the API reference, and the files that it copies. */
export const PAGES = `${BUILD}pages/`;
/** The finished site. */
export const HTML = `${BUILD}html/`;
/** The sidebar of the API reference, as JSON. */
export const API_SIDEBAR = `${BUILD}api-sidebar.json`;
export const CACHE = `${BUILD}cache/`;

/** Folders of the repository whose files are copied, and their folders on the site. */
export const ASSETS = new Map([
  ['docs/images/', 'images/'],
  ['docs/screenshots/', 'screenshots/'],
  ['bench/results/', 'benchmark/'],
]);

/** Folders whose sources have pages, whether or not a document links to them. */
export const SOURCE_FOLDERS = ['lib', 'native/core', 'native/binding', 'examples'];

const SOURCE_FILE = /\.(?:ts|mts|mjs|cjs|js|cc|h|c|py)$/;

/** True for the path of a file whose text can be shown as a source page. */
export const isSource = (path) => SOURCE_FILE.test(path);

/** The page of a document: `docs/guide/streams.md` becomes `guide/streams.md`, and a README the index of its folder. */
export function pageOf(document) {
  if (document === 'README.md') return 'introduction.md';
  if (document === 'docs/README.md') return 'overview.md';
  const path = document.replace(/^docs\//, '').replace(/README\.md$/, 'index.md');
  return path.includes('/') ? path : path.toLowerCase();
}

export const DOCUMENTS = SECTIONS.flatMap(({ documents }) => documents);

const documentOfPage = new Map(DOCUMENTS.map((document) => [pageOf(document), document]));

/** The document of a page; null for a page that was generated. */
export const documentOf = (page) => documentOfPage.get(page) ?? null;

/** The text of a document's first heading. */
export function titleOf(document) {
  const title = /^# (.+)$/m.exec(readFileSync(ROOT + document, 'utf8'))?.[1];
  if (title === undefined) throw new Error(`${document}: expected a heading of level 1, got none`);
  return title.replaceAll('`', '');
}

/** The page of a source file, or of a folder of them, from the root of the site. */
export function sourcePageOf(path) {
  return isSource(path) ? `source/${path}.html` : posix.join('source', path, 'index.html');
}
