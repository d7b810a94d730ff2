/** Copies the documents, and the files that they show, to where VitePress reads them. Their links are translated while they are rendered. */

import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ASSETS, DOCUMENTS, PAGES, ROOT, pageOf } from './places.mjs';

const SITE = fileURLToPath(new URL('../', import.meta.url));

function copyPage(from, page) {
  mkdirSync(dirname(PAGES + page), { recursive: true });
  copyFileSync(from, PAGES + page);
}

/** The report of the benchmark is not made by VitePress: it gets the icon of the site, because browsers would otherwise request one that does not exist. */
function addIcon(report) {
  const html = readFileSync(report, 'utf8');
  writeFileSync(report, html.replace('<title>', '<link rel="icon" href="../icon.svg" />\n        <title>'));
}

export function writePages() {
  copyPage(`${SITE}home.md`, 'index.md');
  for (const document of DOCUMENTS) copyPage(ROOT + document, pageOf(document));
  cpSync(`${SITE}public/`, `${PAGES}public/`, { recursive: true });
  for (const [from, to] of ASSETS) {
    const isShown = (path) => !path.endsWith('.json');
    cpSync(ROOT + from, `${PAGES}public/${to}`, { recursive: true, filter: isShown });
  }
  addIcon(`${PAGES}public/benchmark/report.html`);
}
