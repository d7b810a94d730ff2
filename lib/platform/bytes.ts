/** Bytes. `Buffer` is exported because the global one is a getter, which costs as much as the rest of a small receive. */

export { Buffer, isUtf8 } from 'node:buffer';
export { isUint8Array } from 'node:util/types';
export { markAsUntransferable } from 'node:worker_threads';
