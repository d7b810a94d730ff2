/**
 * Builds `dist/` from `lib/`: the declarations with tsc, file by file, and the code bundled, one file for each entry point and a
 * few for what they share. A program that imports 250 small modules spends more time on finding and reading them than Node needs to
 * start; with the bundle it is a small part of that. The sources are in the package, and the maps lead to them:
 * `node --enable-source-maps`.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const require = createRequire(import.meta.url);
const { bin, exports } = require('../package.json');

/** What package.json promises, as sources. */
const entryPoints = [...Object.values(bin), ...Object.values(exports).flatMap((target) => target.default ?? [])].map(
  (file) => file.replace('./dist/', 'lib/').replace(/js$/, 'ts'),
);

/**
 * Two declarations of one name at the top of two modules cannot share a file, so esbuild gives one of them a number. A class would
 * show it: `<Event2 unset>`.
 */
function checkClassNames(files) {
  const renamed = files.flatMap(({ text }) =>
    Array.from(text.matchAll(/^(?:var (\w+) = )?class (\w*)/gm), ([, variable, name]) => variable ?? name).filter(
      (name) => /\d$/.test(name),
    ),
  );
  if (renamed.length > 0) throw new Error(`two modules declare a class of the same name: ${renamed.join(', ')}`);
}

/** Of earlier builds; tsc keeps the declarations up to date itself. */
function removeCode() {
  if (!existsSync('dist')) return;
  for (const file of readdirSync('dist', { recursive: true })) {
    if (/(?<!\.d)\.js(\.map)?$/.test(file)) rmSync(join('dist', file));
  }
}

execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
removeCode();
const { outputFiles } = await build({
  entryPoints,
  outbase: 'lib',
  outdir: 'dist',
  chunkNames: 'shared/[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  sourcemap: 'linked',
  sourcesContent: false,
  write: false,
});
checkClassNames(outputFiles);
for (const { path, contents } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}
