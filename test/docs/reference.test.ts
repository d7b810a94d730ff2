/** docs/errors.md and docs/environment.md name exactly what the sources use. */

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ROOT } from './documents.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const library = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => read(`lib/${path}`))
  .join('\n');
const build = ['binding.gyp', 'CMakeLists.txt', 'scripts/uv-headers.mjs', 'scripts/prebuild-all.mjs']
  .map(read)
  .join('\n');

/** The first cells of the rows below a heading of a page, without the back quotes. */
function named(page: string, heading: string): string[] {
  const section =
    read(page)
      .split(/^## /m)
      .find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
}

const found = (text: string, pattern: RegExp): string[] =>
  [
    ...new Set([...text.matchAll(pattern)].map(([, ...names]) => names.find((name) => name !== undefined) ?? '')),
  ].sort();

describe('the reference', () => {
  it('lists exactly the codes of errors that the library uses, in order', () => {
    const codes = found(library, /(?<![!=]== )'(ERR_[A-Z_]+)'/g);
    expect(codes.length).toBeGreaterThan(10);
    expect(named('docs/errors.md', "The library's codes")).toEqual(codes);
  });

  it('lists exactly the environment variables that the library and the command read', () => {
    const variables = found(
      library,
      /process\.env(?:\.(\w+)|\['(\w+)'\])|'((?:SELECTLOOP|LISTEN|NOTIFY|WATCHDOG)_\w+)'/g,
    );
    expect(variables).toContain('SELECTLOOP_DEBUG');
    expect(named('docs/environment.md', 'Running').sort()).toEqual(variables);
  });

  it('lists exactly the environment variables that the build reads', () => {
    const variables = found(build, /process\.env\.(\w+)/g);
    expect(named('docs/environment.md', 'Building from source').sort()).toEqual(variables);
  });
});
