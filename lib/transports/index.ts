export type { Connection, ProtocolFactory } from './start-transport.js';
export {
  type AbortOptions,
  BaseTransport,
  type BaseProtocol,
  type BufferedProtocol,
  type DatagramProtocol,
  type Protocol,
  type SocketInfo,
  type StreamProtocol,
  Transport,
  type TransportInfo,
} from './contract.js';
export type { ConnectionCloseMessage, ConnectionOpenMessage, ConnectionSide, TlsFailMessage } from './diagnostics.js';
export { type TransportSendFileOptions, sendfile } from './sendfile.js';
export type { TlsInfo } from './tls-info.js';
export type { WriteBufferLimits } from './watermarks.js';
