/** Finds the header of libuv that belongs to the running Node. */

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Returns the folder of Node's headers that npm or node-gyp is configured with. */
function configuredNodeDir() {
  if (process.env.npm_config_nodedir) return process.env.npm_config_nodedir;
  return process.config.variables.nodedir;
}

/** Returns the directory with `uv.h`. @throws Error with the directories that were searched */
export function findUvHeaders() {
  const prefix = dirname(dirname(process.execPath));
  const version = process.versions.node;
  const candidates = [
    join(prefix, 'include', 'node'),
    ...[configuredNodeDir()]
      .filter(Boolean)
      .flatMap((dir) => [join(dir, 'include', 'node'), join(dir, 'deps/uv/include')]),
    join(homedir(), '.cache', 'node-gyp', version, 'include', 'node'),
    '/usr/include/node',
    '/usr/include',
  ];
  const found = candidates.find((directory) => existsSync(join(directory, 'uv.h')));
  if (found === undefined) {
    throw new Error(
      `no uv.h in ${candidates.join(', ')}; run "npx node-gyp install", or set npm_config_nodedir to Node's prefix`,
    );
  }
  return found;
}
