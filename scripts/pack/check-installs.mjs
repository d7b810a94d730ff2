/**
 * Verifies that installing the tarball is silent: no package manager reports or runs an install script. Then builds the addon from source
 * with the one command that the README gives, as a user does where no prebuilt binary fits.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const INSTALLERS = [
  ['npm', 'npm@11', ['install', '--no-audit', '--no-fund']],
  ['pnpm', 'pnpm@10', ['add']],
  ['yarn', 'yarn@1', ['add', '--no-progress', '--silent']],
];
const PROGRAM = "import('selectloop').then(({ runSync, sleep }) => console.log(runSync(() => sleep(1, 'awake'))));";

/** @param execute runs a command and throws if it fails; @param fail throws an error with a message */
export function checkInstalls({ folder, tarball, execute, fail }) {
  mkdirSync(folder);
  for (const [name, version, args] of INSTALLERS) {
    const project = join(folder, name);
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
    const output = execute('npx', ['--yes', version, ...args, tarball], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (/warn|ignored build|allow-scripts/i.test(output)) fail(`${version} is not silent:\n${output}`);
    if (execute('node', ['-e', PROGRAM], { cwd: project }).trim() !== 'awake')
      fail(`${version}: the addon does not load`);
    console.log(`install: ${version} installs it silently`);
  }

  const installed = join(folder, 'npm/node_modules/selectloop');
  rmSync(join(installed, 'prebuilds'), { recursive: true });
  execute('npm', ['run', '--silent', 'build:native'], { cwd: installed, stdio: ['ignore', 'ignore', 'pipe'] });
  if (execute('node', ['-e', PROGRAM], { cwd: join(folder, 'npm') }).trim() !== 'awake')
    fail('the built addon does not load');
  console.log('install: npm run build:native builds the addon from source');
}
