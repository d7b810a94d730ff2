/** What the documentation site needs of the repository. `npm run test:docs` builds the site and tests the result. */

import { readFileSync, readdirSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { MODULES, SECTIONS, SUBJECTS } from '../../docs/site/contents.mjs';
import { anchorOf, resolveLink, translatePictures } from '../../docs/site/generate/links.mjs';
import { ROOT } from './documents.js';

const listed = SECTIONS.flatMap(({ documents }) => documents);

function markdownIn(folder: string): string[] {
  return readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('site/'))
    .map((name) => `${folder}/${name}`);
}

describe('the documentation site', () => {
  it('lists every document once, in docs/site/contents.mjs', () => {
    const documents = [
      'README.md',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      ...markdownIn('docs'),
      ...markdownIn('examples'),
    ];
    expect([...listed].sort()).toEqual(documents.sort());
  });

  it('has a place for every target of a link', () => {
    for (const document of listed) {
      const text = readFileSync(ROOT + document, 'utf8').replaceAll(/^```[^]*?^```/gm, '');
      for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g))
        expect(() => resolveLink(document, link)).not.toThrow();
      expect(() => translatePictures(document, text)).not.toThrow();
    }
  });

  it('has a page of the reference for every entry point that exports something', () => {
    const exportNothing = ['./package.json', './trace/register'];
    const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { exports: Record<string, unknown> };
    const entries = Object.keys(exports).filter((name) => name !== '.' && !exportNothing.includes(name));
    expect(MODULES.map(({ name }) => `./${name}`).sort()).toEqual(entries.sort());
  });

  it('has a subject for every folder that selectloop exports from', () => {
    const subjects = [...SUBJECTS.flatMap(({ sources }) => sources), ...MODULES.map(({ name }) => name)];
    const folders = [...readFileSync(`${ROOT}lib/index.ts`, 'utf8').matchAll(/from '\.\/([\w-]+)\//g)].map(
      ([, name]) => name,
    );
    expect(folders.filter((folder) => !subjects.includes(folder!))).toEqual([]);
  });
});

describe('links of the documents on the site', () => {
  it('to documents lead to their pages, and to sources to the pages that show them', () => {
    const page = (link: string) => resolveLink('docs/guide/streams.md', link);
    expect(page('../glossary.md#eof')).toEqual({ href: '/glossary.md#eof', isPage: true });
    expect(page('../../README.md')).toEqual({ href: '/introduction.md', isPage: true });
    expect(page('../../examples/tiny/README.md')).toEqual({ href: '/examples/tiny/index.md', isPage: true });
    expect(page('../../lib/loop/loop-core.ts')).toEqual({ href: '/source/lib/loop/loop-core.ts.html', isPage: false });
    expect(page('../../lib/loop')).toEqual({ href: '/source/lib/loop/index.html', isPage: false });
    expect(page('../../bench/results/report.html')).toEqual({ href: '/benchmark/report.html', isPage: false });
    expect(page('#reading')).toBeNull();
    expect(page('https://nodejs.org/')).toBeNull();
  });

  it('to what the site does not show are refused', () => {
    expect(() => resolveLink('README.md', 'LICENSE')).toThrow("README.md: the site has no page for 'LICENSE'");
    expect(() => resolveLink('README.md', 'no.ts')).toThrow("README.md: expected a link to a file, got 'no.ts'");
  });

  it('use the anchors of forges', () => {
    expect(anchorOf('What was tried, and what it gave')).toBe('what-was-tried-and-what-it-gave');
    expect(anchorOf('`run` & `runSync`')).toBe('run--runsync');
  });
});
