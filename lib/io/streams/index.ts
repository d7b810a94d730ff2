export { IncompleteReadError, LimitOverrunError } from './stream-errors.js';
export { StreamReader, type StreamReaderOptions } from './stream-reader.js';
