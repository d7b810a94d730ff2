/**
 * Builds `dist/` from `lib/`: the declarations with tsc, file by file, and the code bundled into a few files. Finding
 * and reading 250 small modules takes longer than starting Node; loading the bundle takes a fraction of that. The examples, and the page of the
 * player, are built too.
 *
 * tsc writes into `build-types/`, which keeps what it needs to compile only what has changed.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { rolldown } from 'rolldown';

import { bundleDeclarations } from './bundle-declarations.mjs';
import { buildExamples } from './build-examples.mjs';
import { buildPage } from './build-page.mjs';
import { forgetBuild, hashOfInputs, noteBuild } from './build-stamp.mjs';
import { javaScriptTarget } from './javascript-target.mjs';
import { lineMap } from './line-maps.mjs';
import { packSources } from './packed-sources.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const require = createRequire(import.meta.url);
const { bin, exports } = require('../package.json');

/** The entry points in package.json, by name: `{ 'testing/index': 'lib/testing/index.ts' }`. */
const input = Object.fromEntries(
  [...Object.values(bin), ...Object.values(exports).flatMap((target) => target.default ?? [])]
    .map((file) => file.replace(/^\.\/dist\/|\.js$/g, ''))
    .map((name) => [name, `lib/${name}.ts`]),
);

/** What the package itself starts, and nothing imports: the inspector thread. It shares no chunk, so that it does not load the library. */
const started = { 'inspect/thread': 'lib/inspect/thread.ts' };

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

/** Removes the files of earlier builds. */
function removeOldFiles() {
  if (!existsSync('dist')) return;
  for (const file of readdirSync('dist', { recursive: true })) {
    if (/\.(js|js\.map|d\.ts|html|css|tsbuildinfo)$/.test(file)) rmSync(join('dist', file));
  }
}

/**
 * Returns a declaration without `implements` clauses. `stripInternal` has removed the internal members of a class but not those of the
 * interface it implements, which a user's compiler would call an error. The types are compared by their members, so nothing is lost.
 */
function withoutImplements(text) {
  return text.replaceAll(/^((?:export )?declare (?:abstract )?class .*?) implements .* \{$/gm, '$1 {');
}

/**
 * Copies the declarations that an entry point reaches, the only ones that a user's compiler reads. Those of the entry points ask for Node's
 * types, because from TypeScript 6 on a compiler without the option `types` does not look for them.
 */
function copyDeclarations() {
  const entries = Object.keys(input).map((name) => `${name}.d.ts`);
  const files = new Set(entries);
  for (const file of files) {
    const text = withoutImplements(readFileSync(join('build-types', file), 'utf8'));
    for (const [, target] of text.matchAll(/(?:from|import\() ?['"](\.{1,2}\/[^'"]+)\.js['"]/g)) {
      files.add(join(dirname(file), `${target}.d.ts`)); // the loop gets to it
    }
    mkdirSync(join('dist', dirname(file)), { recursive: true });
    writeFileSync(join('dist', file), entries.includes(file) ? `/// <reference types="node" />\n${text}` : text);
  }
}

// Set by npm. A package gets its sources in dist/, which a build for the repository does not have.
const packs = ['pack', 'publish'].includes(process.env.npm_command);
const inputs = hashOfInputs();
forgetBuild();

execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
removeOldFiles();
copyDeclarations();
const code = {
  platform: 'node',
  external: (id) => !/^[./]|^@oxc-project\/runtime/.test(id), // the latter: helpers for syntax that Node 20 lacks, such as `using`
  tsconfig: false,
  transform: javaScriptTarget,
  optimization: { inlineConst: { mode: 'all' } },
};
const written = {
  dir: 'dist',
  sourcemap: true,
  sourcemapExcludeSources: true,
  comments: false, // they are in lib/, to which the source maps lead
  entryFileNames: '[name].js',
  chunkFileNames: 'shared/[name].js',
};
const bundle = await rolldown({ ...code, input });
const { output } = await bundle.write({ ...written, codeSplitting: { groups } });
checkClassNames(output);
const thread = await rolldown({ ...code, input: started });
await thread.write(written);
for (const file of readdirSync('dist', { recursive: true }).filter((name) => name.endsWith('.js.map'))) {
  const map = JSON.parse(readFileSync(join('dist', file), 'utf8'));
  writeFileSync(join('dist', file), JSON.stringify(lineMap(map)));
}
// In the repository, the source maps lead to the files in lib/, and there is a declaration for each.
if (packs) {
  packSources();
  await bundleDeclarations(Object.keys(input));
}
await buildExamples();
await buildPage();
if (!packs) noteBuild(inputs);
