/**
 * The sources in the source maps of the package, for debuggers and stack traces. Their comments and imports are left out, which more than
 * halves their size: the declarations have the TSDoc, and the site shows the sources whole.
 */

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import ts from 'typescript';

/** Returns TypeScript without its comments and imports. Every line stays where it is, so that source maps remain true. */
export function onlyCode(text) {
  const file = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
  const ends = new Map();
  const note = (start, end) => void ends.set(start, end);
  const visit = (node) => {
    if (ts.isJSDoc(node)) return;
    if (ts.isImportDeclaration(node)) note(node.getStart(file), node.end);
    ts.forEachLeadingCommentRange(text, node.getFullStart(), note);
    ts.forEachTrailingCommentRange(text, node.end, note);
    node.getChildren(file).forEach(visit);
  };
  visit(file);
  let kept = '';
  let at = 0;
  for (const [start, end] of [...ends].sort(([a], [b]) => a - b)) {
    kept += text.slice(at, start) + text.slice(start, end).replaceAll(/[^\n]/g, ' '); // in a line of code, the columns stay too
    at = end;
  }
  return (kept + text.slice(at)).replaceAll(/[ \t]+$/gm, '');
}

/** Adds the sources to the source maps in `dist/`. */
export function packSources() {
  for (const name of readdirSync('dist', { recursive: true }).filter((file) => file.endsWith('.js.map'))) {
    const path = join('dist', name);
    const map = JSON.parse(readFileSync(path, 'utf8'));
    map.sourcesContent = map.sources.map((source) => {
      const original = join(dirname(path), source);
      return original.startsWith('lib/') ? onlyCode(readFileSync(original, 'utf8')) : null; // null: the bundler's own
    });
    writeFileSync(path, JSON.stringify(map));
  }
}
