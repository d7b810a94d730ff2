import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ROOT, readDocuments } from './documents.js';

describe('links in the documents', () => {
  it.each(readDocuments())('of $path lead to files', ({ path, text }) => {
    const links = text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g);
    const images = text.matchAll(/ (?:src|srcset)="(?!https?:)([^"]+)"/g);
    const targets = [...links, ...images].map(([, target = '']) => target);
    expect(targets.filter((target) => !existsSync(join(ROOT, dirname(path), target)))).toEqual([]);
  });
});
