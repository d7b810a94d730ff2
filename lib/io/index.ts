export {
  type Executor,
  WorkerPool,
  type WorkerPoolOptions,
  runInExecutor,
  setDefaultExecutor,
  toThread,
} from './executor/index.js';
export type { ConnectOptions } from './connections/connect-socket.js';
export type { Connection, ProtocolFactory } from './connections/connected-protocol.js';
export { connectReadPipe, connectWritePipe } from './connections/connect-pipe.js';
export {
  type CreateConnectionOptions,
  type CreateUnixConnectionOptions,
  connectAcceptedSocket,
  createConnection,
  createUnixConnection,
} from './connections/create-connection.js';
export {
  type DatagramEndpoint,
  type DatagramEndpointOptions,
  createDatagramEndpoint,
} from './datagrams/create-datagram-endpoint.js';
export { DatagramTransport } from './datagrams/datagram-transport.js';
export { DuplexTransport } from './node-streams/duplex-transport.js';
export { checkNodeRuns } from './node-streams/needs-node.js';
export { TransportDuplex } from './node-streams/transport-duplex.js';
export { type NameInfo, type NameInfoOptions, getnameinfo } from './getnameinfo.js';
export { waitReadable, waitWritable } from './readiness.js';
export { ResolutionError } from './resolution-error.js';
export { type ResolveOptions, type ResolvedAddress, getaddrinfo } from './resolver.js';
export { type Signal, SignalHandlers } from './signals.js';
export type { BindOptions } from './servers/bind-sockets.js';
export {
  type CreateServerOptions,
  type CreateUnixServerOptions,
  type ServeOptions,
  createServer,
  createUnixServer,
} from './servers/create-server.js';
export { Server } from './servers/server.js';
export { acceptPauseMs, sockAccept } from './sock-accept.js';
export { sockRecv, sockRecvInto, sockSendAll } from './sock-bytes.js';
export { sockConnect } from './sock-connect.js';
export { sockRecvFrom, sockSendTo } from './sock-datagrams.js';
export { type OpenFile, type SendFileOptions, sockSendFile } from './sock-sendfile.js';
export {
  type ConnectionHandler,
  IncompleteReadError,
  LimitOverrunError,
  type OpenConnectionOptions,
  type OpenUnixConnectionOptions,
  type StartServerOptions,
  type StartUnixServerOptions,
  StreamReader,
  type StreamReaderOptions,
  StreamReaderProtocol,
  StreamWriter,
  type Streams,
  openConnection,
  openUnixConnection,
  startServer,
  startUnixServer,
} from './streams/index.js';
export {
  Process,
  type ProcessOutput,
  type Stdio,
  type SubprocessOptions,
  createSubprocess,
} from './subprocess/index.js';
export {
  type StartTlsOptions,
  type TlsClientOptions,
  type TlsConnectOptions,
  type TlsServeOptions,
  type TlsServerOptions,
  startTls,
} from './tls/index.js';
export {
  BaseTransport,
  type BaseProtocol,
  type BufferedProtocol,
  type DatagramProtocol,
  type Protocol,
  type StreamProtocol,
  Transport,
  type TransportInfo,
} from './transports/contract.js';
export type { TlsInfo } from './transports/tls-info.js';
export type { WriteBufferLimits } from './transports/watermarks.js';
