/** `selectloop/node`: bridges between this library and the rest of Node. */

export { abortSignal, cancelOnAbort } from './abort.js';
export { type ConnectDuplexOptions, connectDuplex } from './connect-duplex.js';
export { fromPromise } from './from-promise.js';
export { fromStream } from './from-stream.js';
export { serveHttp } from './serve-http.js';
export { type SocketDuplex, toDuplex } from './to-duplex.js';
