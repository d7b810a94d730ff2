/** Checks of the finished files, without a browser. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { ROOT, pageOf, DOCUMENTS } from '../generate/places.mjs';
import { files, isDocument, pages } from './pages.mjs';

/** Says what is wrong with a link of a page; null if nothing is. */
function fault(page, link) {
  if (/^(?:https?|mailto|data):/.test(link)) return null;
  const target = new URL(link, `http://site${page.path}`);
  const path = decodeURIComponent(target.pathname).replace(/\/$/, '/index.html');
  if (!files.has(path)) return `${page.path}: ${link}: there is no such file`;
  const anchor = decodeURIComponent(target.hash.slice(1));
  const ids = pages.get(path)?.ids;
  return anchor === '' || ids === undefined || ids.has(anchor) ? null : `${page.path}: ${link}: there is no such place`;
}

test('every link leads to a file, and to a place in it', () => {
  assert.ok(pages.size > 300, `expected more than 300 pages, got ${pages.size}`);
  const faults = [...pages.values()].flatMap((page) =>
    [...new Set(page.links)].map((link) => fault(page, link)).filter((found) => found !== null),
  );
  assert.deepEqual(faults, []);
});

test('a dead link and a dead anchor are found', () => {
  const page = pages.get('/guide/streams.html');
  assert.match(fault(page, 'no.html') ?? '', /no such file/);
  assert.match(fault(page, '/guide/streams.html#no') ?? '', /no such place/);
  assert.equal(fault(page, '/guide/streams.html#reading'), null);
});

test('every page has a title, and no two documents the same', () => {
  const untitled = [...pages.values()].filter(({ title }) => title === '' || title === 'undefined');
  assert.deepEqual(
    untitled.map(({ path }) => path),
    [],
  );
  const titles = [...pages.values()].filter(({ path }) => isDocument(path)).map(({ title }) => title);
  assert.deepEqual(
    titles.filter((title, at) => titles.indexOf(title) !== at),
    [],
  );
});

test('nothing is loaded from another site', () => {
  const loads = /<(?:script|img|iframe)[^>]* src="https?:|<link[^>]* href="https?:|@import|url\(["']?https?:/;
  const loading = [...pages.values()].filter(({ html }) => loads.test(html.replaceAll(/<pre[^]*?<\/pre>/g, '')));
  assert.deepEqual(
    loading.map(({ path }) => path),
    [],
  );
});

test('every document has a page', () => {
  const missing = DOCUMENTS.filter((document) => !files.has(`/${pageOf(document).replace(/\.md$/, '.html')}`));
  assert.deepEqual(missing, []);
});

test('the reference lists every value that an entry point exports', async () => {
  const index = pages.get('/api/index.html').html;
  const listed = new Set([...index.matchAll(/<code>([\w$]+)<\/code>/g)].map(([, name]) => name));
  const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
  const entries = Object.values(exports).filter((entry) => typeof entry !== 'string');
  assert.ok(entries.length >= 6);
  for (const entry of entries) {
    const declared = Object.keys(await import(ROOT + entry.default));
    assert.deepEqual(
      declared.filter((name) => !listed.has(name)),
      [],
      entry.default,
    );
  }
});

test('the links to the next page lead through every document, in the order of the sidebar', () => {
  const order = DOCUMENTS.map((document) => `/${pageOf(document).replace(/\.md$/, '.html')}`);
  const next = (path) => /<a[^>]* class="[^"]*\bnext\b[^"]*" href="([^"]*)"/.exec(pages.get(path).html)?.[1];
  assert.deepEqual(
    order.slice(0, -1).map((path) => next(path)?.replace(/\/$/, '/index.html')),
    order.slice(1),
  );
});
