/** `node:tls`, loaded when somebody wants TLS: with the fifty modules of Node's behind it, it would be a third of what importing us takes. */

import type * as tls from 'node:tls';

/** The module. */
export function nodeTls(): typeof tls {
  return process.getBuiltinModule('node:tls');
}
