import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ROOT, readDocuments } from './documents.js';

const documents = readDocuments();
const textOf = new Map(documents.map(({ path, text }) => [join(ROOT, path), text]));

/** The places of a document that a link can lead to: its headings, as GitHub names them, and its `id`s. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id);
  return new Set([...headings, ...ids]);
}

/** The targets of the links that lead nowhere. */
function deadLinks(path: string, text: string): string[] {
  const links = text.matchAll(/\]\((?!https?:)([^)]+)\)/g);
  const images = text.matchAll(/ (?:src|srcset)="(?!https?:)([^"]+)"/g);
  const targets = [...links, ...images].map(([, target = '']) => target);
  return targets.filter((target) => {
    const [name = '', anchor] = target.split('#');
    const file = name === '' ? join(ROOT, path) : join(ROOT, dirname(path), name);
    if (!existsSync(file)) return true;
    const page = file === join(ROOT, path) ? text : textOf.get(file);
    return anchor !== undefined && page !== undefined && !anchorsOf(page).has(anchor);
  });
}

describe('links in the documents', () => {
  it.each(documents)('of $path lead to files, and to places in them', ({ path, text }) => {
    expect(deadLinks(path, text)).toEqual([]);
  });

  it('to a missing file, or to a missing heading of a document, are found', () => {
    const text =
      '# Here\n[a](#here) [b](docs/glossary.md#poll) [c](docs) [d](docs/no.md) [e](#no) [f](docs/glossary.md#no) <img src="no.svg">';
    expect(deadLinks('README.md', text)).toEqual(['docs/no.md', '#no', 'docs/glossary.md#no', 'no.svg']);
  });
});
