export { IncompleteReadError, LimitOverrunError } from './stream-errors.js';
export { StreamReaderProtocol } from './stream-reader-protocol.js';
export { StreamReader, type StreamReaderOptions } from './stream-reader.js';
export { StreamWriter } from './stream-writer.js';
