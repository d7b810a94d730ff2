/** The options of TLS, in a page, which has no `node:tls`. */

/** Returns null without `tls`. */
export function clientSide(method: string, { tls = false }: { tls?: unknown }): null {
  if (tls === false) return null;
  throw new Error(`${method}: tls: expected Node, got a web page`);
}

/** Returns null without `tls`. */
export function serverSide(method: string, options: { tls?: unknown }): null {
  return clientSide(method, options);
}
