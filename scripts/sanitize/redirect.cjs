/**
 * Preloaded with --require: Node loads the sanitized addon (SELECTLOOP_SANITIZED) instead of the one in build/, in workers also. Leaves the
 * file SELECTLOOP_SANITIZED_LOADED as a proof.
 */

'use strict';

const { writeFileSync } = require('node:fs');

const { SELECTLOOP_SANITIZED: addon, SELECTLOOP_SANITIZED_LOADED: proof } = process.env;
const { dlopen } = process;

process.dlopen = (module, file, ...rest) => {
  if (!file.endsWith('/selectloop.node')) return dlopen.call(process, module, file, ...rest);
  writeFileSync(proof, '');
  return dlopen.call(process, module, addon, ...rest);
};
