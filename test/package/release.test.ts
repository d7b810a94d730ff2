/** What makes a release: the README for the registry, the check before it, the workflows, the source maps. */

import { readFileSync, readdirSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { lineMap } from '../../scripts/line-maps.mjs';
import { readmeForRegistry } from '../../scripts/package-files.mjs';
import { PREBUILDS, missingForRelease } from '../../scripts/release-check.mjs';
import { ROOT } from '../docs/documents.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Manifest {
  version: string;
  scripts: Record<string, string>;
}
const manifest = JSON.parse(read('package.json')) as Manifest;

const relativeLinks = (text: string): string[] =>
  [...text.matchAll(/\]\((?!https?:|#)[^)]*\)|(?:src|srcset)="(?!https?:)[^"]*"/g)].map(([link]) => link);

describe('the README on the page of the registry', () => {
  it('has no link to a file without an address of the repository', () => {
    const text = readmeForRegistry(read('README.md'), { version: '1.2.3' });
    expect(relativeLinks(read('README.md')).length).toBeGreaterThan(10);
    expect(relativeLinks(text)).toEqual([]);
    expect(text).toContain('await run(async function main()');
    expect(text).not.toContain('<picture>');
  });

  it('links to the files of its version if package.json has the address of the repository', () => {
    const repository = { type: 'git', url: 'git+https://example.org/a/b.git' };
    const text = 'See [the guide](docs/guide.md#x), ![plot](plot.svg) [here](#here) <img src="a.svg">';
    expect(readmeForRegistry(text, { version: '1.2.3', repository })).toBe(
      'See [the guide](https://example.org/a/b/blob/v1.2.3/docs/guide.md#x), ![plot](https://example.org/a/b/raw/v1.2.3/plot.svg) ' +
        '[here](#here) <img src="https://example.org/a/b/raw/v1.2.3/a.svg">',
    );
  });
});

describe('the check before a release', () => {
  const complete = {
    manifest: {
      version: '1.2.3',
      repository: { url: 'git+https://a.b/c.git' },
      homepage: 'https://a.b',
      bugs: 'https://a.b',
    },
    changelog: '# Changelog\n\n## 1.2.3 (2026-01-31)\n',
    exists: () => true,
    git: { changes: '', tags: 'v1.2.3' },
  };

  it('has nothing to report when everything is there', () => {
    expect(missingForRelease(complete)).toEqual([]);
  });

  it('names the addresses, the date, the binaries and the state of the repository that are missing', () => {
    const missing = missingForRelease({
      manifest: { version: '1.2.3' },
      changelog: '## 1.2.3 (unreleased)',
      exists: () => false,
      git: { changes: ' M a\n M b', tags: 'v1.2.2' },
    });
    expect(missing).toEqual([
      ...['repository', 'homepage', 'bugs'].map((field) => `package.json: "${field}", the public address`),
      'CHANGELOG.md: a heading "## 1.2.3 (YYYY-MM-DD)"',
      ...PREBUILDS.map((path) => `${path}: run "npm run prebuild:all"`),
      'git: a clean tree; 2 files have changes',
      'git: the tag v1.2.3 on this commit',
    ]);
  });
});

describe('the workflows', () => {
  const workflows = readdirSync(join(ROOT, '.github/workflows')).map((name) => [
    name,
    read(`.github/workflows/${name}`),
  ]);

  it.each(workflows)('of %s run scripts that exist, and pin every action to a commit', (_, text) => {
    const scripts = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
    const actions = [...text.matchAll(/uses: (.*)/g)].map(([, action = '']) => action);
    expect(actions.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
    expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
  });
});

describe('a source map reduced to lines', () => {
  const map = { version: 3, sources: ['a.ts', 'b.ts'], names: ['x'], mappings: 'AAAA,IAAIA;;AACA,KCDA;ADEJ,KACK' };

  it('keeps the first position of each line', () => {
    const reduced = lineMap(map);
    expect(reduced.names).toEqual([]);
    expect(reduced.mappings.split(';')).toHaveLength(4);
    const whole = new SourceMap(map as never);
    const lines = new SourceMap(reduced as never);
    for (const line of [0, 2, 3]) {
      const { originalSource, originalLine, originalColumn } = whole.findEntry(line, 0) as Record<string, unknown>;
      expect(lines.findEntry(line, 40)).toMatchObject({ originalSource, originalLine, originalColumn });
    }
  });
});
