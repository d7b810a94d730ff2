/** Makes the context of TLS connections from certificates and keys. Errors say which option is wrong, which those of OpenSSL do not. */

import type { SecureContext, SecureContextOptions } from 'node:tls';

import { InvalidStateError, isInstance } from '../errors/index.js';
import { nodeTls } from './node-tls.js';

/**
 * Returns `secureContext` if it is given, or makes one.
 *
 * @throws InvalidStateError for a certificate without its key, with which no handshake could succeed; RangeError ERR_OUT_OF_RANGE for text
 *   that is not PEM, such as a path; TypeError of `node:tls`; Error with OpenSSL's code for what it cannot read
 */
export function secureContextOf(
  method: string,
  options: SecureContextOptions & { secureContext?: SecureContext | undefined },
): SecureContext {
  const { secureContext, ca, cert, key, pfx, privateKeyIdentifier } = options;
  if (secureContext !== undefined) return secureContext;
  for (const [name, value] of Object.entries({ ca, cert, key })) checkPem(`${method}: tls: ${name}`, value);
  if (cert && !key && !pfx && privateKeyIdentifier === undefined)
    throw new InvalidStateError(`${method}: tls: a certificate needs its key: cert and key`);
  try {
    return nodeTls().createSecureContext(options);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (isInstance(error, TypeError) || !/^ERR_(OSSL|CRYPTO)/.test(code ?? '')) throw error;
    const expected = 'certificates in PEM, and a cert and a key that belong together';
    throw Object.assign(new Error(`${method}: tls: expected ${expected}, got ${message}`, { cause: error }), { code });
  }
}

/** The value is not shown: it may be a key. */
function checkPem(name: string, value: unknown): void {
  const texts = (Array.isArray(value) ? (value as unknown[]) : [value]).map(
    (item) => (item as { pem?: unknown } | null | undefined)?.pem ?? item,
  );
  if (texts.every((text) => typeof text !== 'string' || text === '' || text.includes('-----BEGIN '))) return;
  const error = new RangeError(`${name}: expected PEM (-----BEGIN ...), got other text; of a file, pass the contents`);
  throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
}
