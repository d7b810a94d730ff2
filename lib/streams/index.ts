export type { StreamServer } from './accepting.js';
export type { ConnectionHandler } from './connection-handler.js';
export type { Pausable } from './inbox.js';
export {
  type OpenConnectionOptions,
  type OpenUnixConnectionOptions,
  type Streams,
  openConnection,
  openUnixConnection,
} from './open-connection.js';
export type { PipeTarget } from './pipe.js';
export { type StartServerOptions, type StartUnixServerOptions, startServer, startUnixServer } from './start-server.js';
export { IncompleteReadError, LimitOverrunError } from './stream-errors.js';
export { StreamReaderProtocol } from './stream-reader-protocol.js';
export { type ChunkOptions, type PipeOptions, StreamReader, type StreamReaderOptions } from './stream-reader.js';
export { StreamWriter } from './stream-writer.js';
