/**
 * Verifies that bundlers drop an import that is not used, and that a program bundled by esbuild, Rollup or webpack finds the addon when the bundle is moved to a folder without node_modules,
 * beside a copy of the package's `prebuilds`.
 */

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAM = `
import { run, sleep, toThread } from 'selectloop';
run(async () => {
  await sleep(1);
  console.log(await toThread((x) => x * 2, 21));
});
`;

/**
 * Imports entry points and uses none: `sideEffects` in package.json says that nothing of them is needed. `/inspect` is not among them:
 * importing it provides doors for SELECTLOOP_INSPECT.
 */
const UNUSED = ['', '/node', '/selectors', '/sockets', '/testing', '/trace']
  .map((entry, index) => `import * as unused${index} from 'selectloop${entry}';`)
  .concat("console.log('alone');")
  .join('\n');

const ESBUILD = ['esbuild', 'program.mjs', '--bundle', '--platform=node', '--log-level=error'];
const WEBPACK = `
export default {
  mode: 'production', target: 'node20', entry: './program.mjs', output: { path: process.cwd(), filename: 'webpack.cjs' },
};
`;
const ROLLUP = `
import { nodeResolve } from '@rollup/plugin-node-resolve';
export default { input: 'program.mjs', output: { file: 'rollup.mjs', inlineDynamicImports: true }, plugins: [nodeResolve()], external: /^node:/ };
`;

/** Name of the bundle to the command that makes it. */
const BUNDLES = {
  'esbuild.mjs': [...ESBUILD, '--format=esm', '--outfile=esbuild.mjs'],
  'esbuild.cjs': [...ESBUILD, '--format=cjs', '--outfile=esbuild.cjs'],
  'rollup.mjs': ['rollup', '--config', 'rollup.config.mjs', '--silent'],
  'webpack.cjs': ['webpack', '--config', 'webpack.config.mjs', '--stats', 'errors-only'],
};

/** @param execute runs a command and throws if it fails; @param fail throws an error with a message */
export function checkBundlers({ folder, tarball, execute, fail }) {
  const moved = join(folder, 'moved');
  mkdirSync(moved, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  for (const [name, text] of Object.entries({
    'program.mjs': PROGRAM,
    'unused.mjs': UNUSED,
    'webpack.config.mjs': WEBPACK,
    'rollup.config.mjs': ROLLUP,
  })) {
    writeFileSync(join(folder, name), text);
  }
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const tools = ['esbuild@0', 'rollup@4', '@rollup/plugin-node-resolve@16', 'webpack@5', 'webpack-cli@6'];
  execute('npm', ['install', ...quiet, tarball, ...tools], { cwd: folder });
  cpSync(join(folder, 'node_modules/selectloop/prebuilds'), join(moved, 'prebuilds'), { recursive: true });
  for (const [bundle, command] of Object.entries(BUNDLES)) {
    execute('npx', command, { cwd: folder });
    cpSync(join(folder, bundle), join(moved, bundle));
    const env = { ...process.env, SELECTLOOP_TRACE: `${bundle}.txt` };
    const printed = execute('node', [bundle], { cwd: moved, env, timeout: 20_000 }).trim();
    if (printed !== '42') fail(`${bundle} printed ${JSON.stringify(printed)}, expected "42"`);
    const trace = readFileSync(join(moved, `${bundle}.txt`), 'utf8');
    if (!trace.includes('waits for: sleep')) fail(`${bundle} has written a trace without its sleep:\n${trace}`);
    console.log(`bundlers: ${bundle} runs in another folder, and is recorded`);
  }
  execute('npx', ['esbuild', 'unused.mjs', ...ESBUILD.slice(2), '--format=esm', '--outfile=unused.bundle.mjs'], {
    cwd: folder,
  });
  const rest = readFileSync(join(folder, 'unused.bundle.mjs'), 'utf8')
    .replaceAll(/^\/\/.*$/gm, '')
    .trim();
  if (rest !== 'console.log("alone");') fail(`an import that is not used leaves this in a bundle:\n${rest}`);
  console.log('bundlers: an import that is not used leaves nothing in a bundle');
}
