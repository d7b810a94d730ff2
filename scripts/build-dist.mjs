/**
 * Builds `dist/` from `lib/`: the declarations with tsc, file by file, and the code bundled into a few files. Finding
 * and reading 250 small modules takes longer than starting Node; loading the bundle takes a fraction of that. The examples are built too.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { rolldown } from 'rolldown';

import { buildExamples } from './build-examples.mjs';
import { javaScriptTarget } from './javascript-target.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const require = createRequire(import.meta.url);
const { bin, exports } = require('../package.json');

/** The entry points in package.json, by name: `{ 'testing/index': 'lib/testing/index.ts' }`. */
const input = Object.fromEntries(
  [...Object.values(bin), ...Object.values(exports).flatMap((target) => target.default ?? [])]
    .map((file) => file.replace(/^\.\/dist\/|\.js$/g, ''))
    .map((name) => [name, `lib/${name}.ts`]),
);

/** The chunks shared by entry points: one for descriptors and sockets, one for the loop and everything that runs on it. */
const groups = [
  { name: 'descriptors', test: /\/lib\/(native|errors|collections|selectors|sockets)\/(?!index)/ },
  {
    name: 'loop',
    test: /\/lib\/(trace\/(?!index|register)|(loop|batch|signals|tasks|sync|combinators|executor|sock|transports|bridge|datagrams|tls|connections|servers|streams|subprocess|event-loop)\/)/,
  },
];

/**
 * Checks that the bundler has not renamed a class. It numbers declarations of the same name in one file, and the class would show the
 * number: `<Event$1 unset>`.
 */
function checkClassNames(chunks) {
  const numbered = chunks.flatMap(({ code = '' }) => [...code.matchAll(/\bclass (\w+)\$\d/g)].map(([, name]) => name));
  if (numbered.length > 0) throw new Error(`two modules declare a class of the same name: ${numbered.join(', ')}`);
}

/** Removes the code of earlier builds; tsc updates the declarations itself. */
function removeCode() {
  if (!existsSync('dist')) return;
  for (const file of readdirSync('dist', { recursive: true })) {
    if (/\.js(\.map)?$/.test(file)) rmSync(join('dist', file));
  }
}

/**
 * Removes the `implements` clauses of the declarations. `stripInternal` has removed the internal members of a class but not those of the
 * interface it implements, which a user's compiler would call an error. The types are compared by their members, so nothing is lost.
 */
function removeImplements() {
  for (const file of readdirSync('dist', { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue;
    const path = join('dist', file);
    const text = readFileSync(path, 'utf8');
    const changed = text.replaceAll(/^((?:export )?declare (?:abstract )?class .*?) implements .* \{$/gm, '$1 {');
    if (changed !== text) writeFileSync(path, changed);
  }
}

execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
removeImplements();
removeCode();
const bundle = await rolldown({
  input,
  platform: 'node',
  external: (id) => !/^[./]|^@oxc-project\/runtime/.test(id), // the latter: helpers for syntax that Node 20 lacks, such as `using`
  tsconfig: false,
  transform: javaScriptTarget,
  optimization: { inlineConst: { mode: 'all' } },
});
const { output } = await bundle.write({
  dir: 'dist',
  sourcemap: true,
  sourcemapExcludeSources: true,
  comments: false, // they are in lib/, to which the source maps lead
  entryFileNames: '[name].js',
  chunkFileNames: 'shared/[name].js',
  codeSplitting: { groups },
});
checkClassNames(output);
await buildExamples();
