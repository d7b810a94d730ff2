/** `selectloop/node`: bridges between this library and the rest of Node. */

export { abortSignal, cancelOnAbort } from './abort.js';
export { fromPromise } from './from-promise.js';
