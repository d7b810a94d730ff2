/** Translates the links of the documents, which are paths in the repository, into links on the site. */

import { existsSync, statSync } from 'node:fs';
import { posix } from 'node:path';

import { ASSETS, DOCUMENTS, ROOT, isSource, pageOf, sourcePageOf } from './places.mjs';

const documents = new Set(DOCUMENTS);

/**
 * @typedef {object} Target
 * @property {string} href from the root of the site
 * @property {boolean} isPage true for a page of VitePress, false for any other file of the site
 */

/**
 * Resolves a link of a document. Returns null if the link needs no translation: it leads to another site, or to a place in the same document.
 * Throws an Error if the target has no place on the site.
 * @param {string} document
 * @param {string} link
 * @returns {Target | null}
 */
export function resolveLink(document, link) {
  if (/^[a-z][a-z+.-]*:/i.test(link) || link.startsWith('#')) return null;
  const [path = '', anchor] = link.split('#');
  const file = posix.join(posix.dirname(document), path).replace(/\/$/, '');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (documents.has(file)) return { href: `/${pageOf(file)}${hash}`, isPage: true };
  for (const [from, to] of ASSETS) {
    if (file.startsWith(from)) return { href: `/${to}${file.slice(from.length)}${hash}`, isPage: false };
  }
  if (!existsSync(ROOT + file)) throw new Error(`${document}: expected a link to a file, got '${link}'`);
  if (!isSource(file) && !statSync(ROOT + file).isDirectory())
    throw new Error(`${document}: the site has no page for '${link}'; list it in docs/site/contents.mjs`);
  return { href: `/${sourcePageOf(file)}${hash}`, isPage: false };
}

/** The sources, files and folders, to which a document links. */
export function linkedSources(document, text) {
  const paths = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => resolveLink(document, link)?.href ?? '');
  return paths
    .filter((href) => href.startsWith('/source/'))
    .map((href) =>
      href
        .replace(/#.*$/, '')
        .replace(/^\/source\/|\.html$/g, '')
        .replace(/\/index$/, ''),
    );
}

/** One picture for each theme instead of `<picture>`, which would follow the system and not the theme chosen on the site. */
export function translatePictures(document, html) {
  return html.replaceAll(/<picture>([^]*?)<\/picture>/g, (_, picture) => {
    const dark = / srcset="([^"]*)"/.exec(picture)?.[1] ?? '';
    const [, light = '', rest = ''] = /<img src="([^"]*)"([^>]*)>/.exec(picture) ?? [];
    const image = (source, theme) => `<img class="only-${theme}" src="${resolveLink(document, source)?.href}"${rest}>`;
    return `<p class="picture">${image(light, 'light')}${image(dark, 'dark')}</p>`;
  });
}

/**
 * A plug-in of markdown-it.
 * @param {(page: string) => string | null} documentOf
 */
export function translateLinks(md, documentOf) {
  const translate = (token, attribute, document) => {
    const target = resolveLink(document, token.attrGet(attribute) ?? '#');
    if (target === null) return;
    token.attrSet(attribute, target.href);
    // VitePress's router leaves a link with a target to the browser.
    if (!target.isPage && attribute === 'href') token.attrSet('target', '_self');
  };
  md.core.ruler.push('repository_links', ({ tokens, env }) => {
    const document = documentOf(env.relativePath);
    for (const token of tokens) {
      if (token.type === 'html_block' && document !== null) token.content = translatePictures(document, token.content);
      for (const child of token.children ?? []) {
        if (child.type === 'link_open') {
          if (document !== null) translate(child, 'href', document);
          else if (child.attrGet('href')?.startsWith('/source/')) child.attrSet('target', '_self');
        }
        if (child.type === 'image' && document !== null) translate(child, 'src', document);
      }
    }
  });
}

/** The anchor of a heading, as forges make it: links in the documents work in both places. */
export function anchorOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');
}
