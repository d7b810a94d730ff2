/** Files, and their names. */

export {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
} from 'node:fs';
export { basename, isAbsolute, join, resolve, sep } from 'node:path';
export { fileURLToPath, pathToFileURL } from 'node:url';
