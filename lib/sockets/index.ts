/** `selectloop/sockets`: raw sockets, as in Python's socket module, pipes, and calls for other descriptors. */

export type { Address, AddressOf, InetAddress, SocketAddress, UnixAddress } from './address.js';
export {
  type ControlKind,
  type Credentials,
  type PacketInfo,
  type PacketSource,
  type QueuedError,
  type SendableKind,
  ancillary,
} from './ancillary.js';
export * from './constants.js';
export * from './constants-families.js';
export * from './constants-ip.js';
export * from './constants-names.js';
export * from './constants-transport.js';
export { type ControlMessage, cmsgLen, cmsgSpace } from './control-messages.js';
export { DatagramBatch, type DatagramBatchOptions } from './datagram-batch.js';
export { onDescriptorClose } from './descriptor-close.js';
export { fd } from './fd.js';
export type { GroupOptions } from './groups.js';
export { type NetworkInterface, ifIndexToName, ifNameIndex, ifNameToIndex } from './interfaces.js';
export type {
  ReceivedFrom,
  ReceivedFromInto,
  ReceivedMessage,
  ReceivedMessageInto,
  RecvMsgOptions,
  SendMsgOptions,
} from './messages.js';
export type { NetlinkAddress, RawAddress, VsockAddress } from './other-families.js';
export { pipe } from './pipe.js';
export type { OpenFile, SendFileOptions } from './send-file.js';
export { type Accepted, Socket } from './socket.js';
export { socketpair } from './socketpair.js';
export { type TcpInfo, type TcpState, tcpInfo } from './tcp-info.js';
