/** Bytes, in a page: the package `buffer`, which is Node's class on the same Uint8Array. */

export { Buffer } from 'buffer/';

export const isUint8Array = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Nothing of the library is transferred to another thread in a page. */
export function markAsUntransferable(): void {
  // Nothing to mark.
}
