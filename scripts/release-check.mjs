/**
 * Reports what is missing for a release, one line each, and fails if there is anything. Nothing here can be found out by the tests: the
 * addresses that only the owner of the project knows, the changelog, the prebuilt binaries, and the state of the repository.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(import.meta.dirname);

export const PREBUILDS = ['x64', 'arm64'].map((cpu) => `prebuilds/linux-${cpu}/selectloop.node`);

/**
 * Returns what is missing.
 *
 * @param manifest the content of package.json
 * @param changelog the text of CHANGELOG.md
 * @param exists returns whether a path from the root exists
 * @param git `{ changes, tags }`: the output of `git status --porcelain`, and the tags of the commit
 */
export function missingForRelease({ manifest, changelog, exists, git }) {
  const { version } = manifest;
  const address = (value) => (typeof value === 'object' ? value?.url : value);
  const entry = new RegExp(`^## ${version.replaceAll('.', '\\.')} \\(\\d{4}-\\d{2}-\\d{2}\\)$`, 'm');
  return [
    ...['repository', 'homepage', 'bugs']
      .filter((field) => !/^(git\+)?https:\/\/./.test(address(manifest[field]) ?? ''))
      .map((field) => `package.json: "${field}", the public address`),
    ...(entry.test(changelog) ? [] : [`CHANGELOG.md: a heading "## ${version} (YYYY-MM-DD)"`]),
    ...PREBUILDS.filter((path) => !exists(path)).map((path) => `${path}: run "npm run prebuild:all"`),
    ...(git.changes === '' ? [] : [`git: a clean tree; ${git.changes.split('\n').length} files have changes`]),
    ...(git.tags.split('\n').includes(`v${version}`) ? [] : [`git: the tag v${version} on this commit`]),
  ];
}

function main() {
  const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const missing = missingForRelease({
    manifest: JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')),
    changelog: readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'),
    exists: (path) => existsSync(join(ROOT, path)),
    git: { changes: git('status', '--porcelain'), tags: git('tag', '--points-at', 'HEAD') },
  });
  for (const line of missing) console.error(`missing: ${line}`);
  if (missing.length === 0) console.log('release:check: nothing is missing');
  else process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
