/**
 * The documentation site: `build`, `preview` and `test`. Its generator is a separate package, docs/site. Its dependencies take 160 MB, so
 * `npm ci` in the root does not install them, but this script does when it needs them.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SITE = fileURLToPath(new URL('../docs/site/', import.meta.url));
const LOCK = `${SITE}package-lock.json`;
const INSTALLED = `${SITE}node_modules/.package-lock.json`;

const [command, ...rest] = process.argv.slice(2);

function install() {
  if (existsSync(INSTALLED) && statSync(INSTALLED).mtimeMs >= statSync(LOCK).mtimeMs) return;
  console.log('installing the generator into docs/site/node_modules');
  const command = ['ci', '--prefix', SITE, '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', command, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs Node with a file of the site, and ends this process if it fails. */
function node(...args) {
  const { status, signal } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
}

function test() {
  const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(chromium)) {
    console.error(`test:docs needs Chromium at ${chromium}: apt-get install chromium, or set CHROMIUM to its path`);
    process.exit(1);
  }
  process.env.CHROMIUM = chromium;
  install();
  node(`${SITE}build.mjs`);
  const files = readdirSync(`${SITE}test`).filter((name) => name.endsWith('.test.mjs'));
  node('--test', '--test-reporter=spec', ...files.map((name) => `${SITE}test/${name}`));
}

switch (command) {
  case 'build':
    install();
    node(`${SITE}build.mjs`, ...rest);
    break;
  case 'preview':
    node(`${SITE}serve.mjs`, ...rest);
    break;
  case 'test':
    test();
    break;
  default:
    console.error(`docs: expected build, preview or test, got '${command ?? ''}'`);
    process.exit(2);
}
