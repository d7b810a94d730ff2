/** Loads `node:tls` on first use. With the fifty Node modules that it pulls in, it would be a third of this library's import time. */

import type * as tls from 'node:tls';

/** Returns the module `node:tls`. */
export function nodeTls(): typeof tls {
  return process.getBuiltinModule('node:tls');
}
