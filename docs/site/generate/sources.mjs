/**
 * The pages that show sources: one for each file, with a link for each line, and one for each folder. They are plain HTML of a few kilobytes,
 * since as pages of VitePress they would take most of the time of a build.
 */

import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

import { transformerStyleToClass } from '@shikijs/transformers';
import { createHighlighter } from 'shiki';

import { linkedSources } from './links.mjs';
import { DOCUMENTS, HTML, ROOT, SOURCE_FOLDERS, isSource, sourcePageOf } from './places.mjs';

const STYLE = fileURLToPath(new URL('source.css', import.meta.url));

const LANGUAGES = { c: 'c', h: 'cpp', cc: 'cpp', py: 'python', ts: 'typescript', mts: 'typescript' };
const languageOf = (path) => LANGUAGES[/\w+$/.exec(path)?.[0] ?? ''] ?? 'javascript';

const escapeHtml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** The sources below a path. */
function filesBelow(path) {
  if (!statSync(ROOT + path).isDirectory()) return isSource(path) ? [path] : [];
  return readdirSync(ROOT + path)
    .sort()
    .flatMap((name) => filesBelow(`${path}/${name}`));
}

/** Every source that has a page. */
export function shownSources() {
  const linked = DOCUMENTS.flatMap((document) => linkedSources(document, readFileSync(ROOT + document, 'utf8')));
  return new Set([...SOURCE_FOLDERS, ...linked].flatMap(filesBelow));
}

/** The folders of the files, and the folders around them. */
function foldersOf(files) {
  const folders = new Set();
  for (const file of files) {
    for (let folder = posix.dirname(file); folder !== '.'; folder = posix.dirname(folder)) folders.add(folder);
  }
  return folders;
}

/** The source that an import or an include names, if it has a page. */
function importedSource(from, name, shown) {
  const inPackage = /^selectloop(?:\/([\w-]+))?$/.exec(name);
  const below = (folder) => posix.join(folder, name);
  const paths = inPackage
    ? [posix.join('lib', inPackage[1] ?? '', 'index.ts')]
    : [below(posix.dirname(from)), below('native')].flatMap((path) => [path.replace(/\.js$/, '.ts'), path]);
  return paths.find((path) => shown.has(path));
}

function linkImports(html, path, shown) {
  return html.replaceAll(/(['"])(\.{1,2}\/[\w./-]+|[\w/-]+\.h|selectloop(?:\/[\w-]+)?)\1/g, (all, quote, name) => {
    const target = importedSource(path, name, shown);
    if (target === undefined) return all;
    return `${quote}<a href="${posix.relative(posix.dirname(path), target)}.html">${name}</a>${quote}`;
  });
}

/** A page. `path` is that of the file or folder. */
function pageOf(path, content, title = path) {
  const page = sourcePageOf(path);
  const root = posix.relative(posix.dirname(page), '.') || '.';
  const parts = path.split('/');
  const trail = parts.map((part, at) => {
    if (at === parts.length - 1) return `<strong>${part}</strong>`;
    return `<a href="${root}/${sourcePageOf(parts.slice(0, at + 1).join('/'))}">${part}</a>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} | selectloop</title>
<link rel="icon" href="${root}/icon.svg">
<link rel="stylesheet" href="${root}/source/source.css">
<script src="${root}/theme.js"></script>
</head>
<body>
<header><a class="home" href="${root}/index.html">selectloop</a><nav>${trail.join(' / ')}</nav><button type="button" aria-label="Switch between light and dark">◐</button></header>
<main>${content}</main>
</body>
</html>
`;
}

/** The first sentence of the comment at the top of a file. */
function summaryOf(path) {
  const [, comment = ''] =
    /^(?:#!.*\n)?\s*(?:\/\*\*?|\/\/|"""|#)\s*([^]*?)(?:\*\/|"""|\n(?!\s*(?:\/\/|\*|#)))/.exec(
      readFileSync(ROOT + path, 'utf8'),
    ) ?? [];
  const text = comment.replaceAll(/\s*\n\s*(?:\*|\/\/|#)?\s*/g, ' ').trim();
  return /^.*?[.:](?= |$)/.exec(text)?.[0].replace(/:$/, '.') ?? text;
}

function folderPage(folder, files, folders) {
  const inside = (path) => posix.dirname(path) === folder;
  const row = (path, href, summary) =>
    `<li><a href="${href}">${posix.basename(path)}</a><span>${escapeHtml(summary)}</span></li>`;
  const rows = [
    ...[...folders]
      .filter(inside)
      .sort()
      .map((path) => row(`${path}/`, `${posix.basename(path)}/index.html`, '')),
    ...files
      .filter(inside)
      .sort()
      .map((path) => row(path, `${posix.basename(path)}.html`, summaryOf(path))),
  ];
  return pageOf(folder, `<ul class="folder">${rows.join('')}</ul>`);
}

const numberLines = {
  name: 'number-lines',
  line(node, line) {
    node.properties.id = `L${line}`;
    node.children.unshift({
      type: 'element',
      tagName: 'a',
      properties: { href: `#L${line}`, 'data-line': line, 'aria-label': `line ${line}` },
      children: [],
    });
  },
};

function write(page, html) {
  mkdirSync(dirname(HTML + page), { recursive: true });
  writeFileSync(HTML + page, html);
}

export async function writeSources() {
  const classes = transformerStyleToClass();
  const themes = { light: 'github-light', dark: 'github-dark' };
  const highlighter = await createHighlighter({
    themes: Object.values(themes),
    langs: ['typescript', 'javascript', 'cpp', 'c', 'python'],
  });
  const shown = shownSources();
  const files = [...shown].filter((path) => existsSync(ROOT + path));
  for (const path of files) {
    const html = highlighter.codeToHtml(readFileSync(ROOT + path, 'utf8').trimEnd(), {
      lang: languageOf(path),
      themes,
      defaultColor: false,
      transformers: [numberLines, classes],
    });
    write(sourcePageOf(path), pageOf(path, linkImports(html, path, shown)));
  }
  const folders = foldersOf(files);
  for (const folder of folders) write(sourcePageOf(folder), folderPage(folder, files, folders));
  write('source/source.css', `${readFileSync(STYLE, 'utf8')}\n${classes.getCSS()}\n`);
}
