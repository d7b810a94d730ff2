/**
 * Builds `dist/examples/` from `examples/`: each file by itself, as JavaScript for Node 20, without its comments. The package contains
 * them, so that `selectloop example NAME` works where it is installed; they import the library by its name.
 */

import { readFileSync, readdirSync } from 'node:fs';

import { rolldown } from 'rolldown';

import { javaScriptTarget } from './javascript-target.mjs';

/** Compiled in: the package itself depends on nothing. */
const INLINED = /^[./]|^@oxc-project\/runtime|^leven$/;

/** The `//` lines at the top of a program. The catalogue of examples reads them, and the bundler drops them. */
function headerOf({ facadeModuleId }) {
  if (!facadeModuleId?.endsWith('.ts')) return ''; // the bundler's own
  const [header] = /^(?:\/\/.*\n)*/.exec(readFileSync(facadeModuleId, 'utf8'));
  return header;
}

/** Writes `dist/examples/`. */
export async function buildExamples() {
  const files = readdirSync('examples', { recursive: true }).filter((file) => file.endsWith('.ts'));
  const bundle = await rolldown({
    input: Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, ''), `examples/${file}`])),
    platform: 'node',
    external: (id) => !INLINED.test(id),
    tsconfig: false,
    treeshake: false,
    transform: javaScriptTarget,
  });
  await bundle.write({
    dir: 'dist/examples',
    preserveModules: true,
    preserveModulesRoot: 'examples',
    comments: false,
    entryFileNames: '[name].js',
    banner: headerOf,
  });
}
