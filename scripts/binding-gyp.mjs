/** Reads `binding.gyp`, the one place with the sources and flags of the addon. */

import { execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runInNewContext } from 'node:vm';

const ROOT = dirname(import.meta.dirname);

/** Replaces `<!(command)` and `<!@(command)` by what the command prints; with `@` that is a list. */
function expand(value) {
  const [, list, command] = /^<!(@?)\((.*)\)$/.exec(value) ?? [];
  if (command === undefined) return [value];
  const printed = execSync(command, { cwd: ROOT, encoding: 'utf8' }).trim();
  return list === '@' ? printed.split(/\s+/) : [printed];
}

/** Returns the lists of the target (`sources`, `defines`, `include_dirs`, `cflags_cc`, `ldflags`), with commands replaced by their output. */
export function readTarget() {
  const text = readFileSync(join(ROOT, 'binding.gyp'), 'utf8').replaceAll(/^\s*#.*$/gm, '');
  const [target] = runInNewContext(`(${text})`).targets;
  const lists = Object.entries(target).filter(([, value]) => typeof value === 'object');
  return Object.fromEntries(lists.map(([name, values]) => [name, [...values].flatMap(expand)]));
}
