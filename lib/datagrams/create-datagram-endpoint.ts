/** Makes datagram endpoints. */

import {
  InvalidStateError,
  OSError,
  checkNames,
  isInstance,
  outOfRange,
  wrongType,
  optionNames,
} from '../errors/index.js';
import { isUint8Array } from '../platform/bytes.js';
import { checkInt } from '../sockets/arguments.js';
import { type Address, SOCK_DGRAM, SOCK_SEQPACKET, Socket } from '../sockets/index.js';
import { CallSite } from '../loop/program-stack.js';
import { type Abortable, type Coroutine, type Steps } from '../tasks/index.js';
import { coroutineOfCall } from '../tasks/call-coroutine.js';
import { currentLoop } from '../tasks/current-loop.js';
import { checkAbsent, checkFactory, checkFlag } from '../transports/arguments.js';
import { startTransport } from '../transports/start-transport.js';
import type { DatagramProtocol } from '../transports/contract.js';
import { DatagramTransport } from './datagram-transport.js';
import { checkBindToPath } from '../sock/unix-path.js';
import { type EndpointAddresses, endpointSocket } from './endpoint-socket.js';

/** Options of an endpoint: addresses, or a socket. */
export interface DatagramEndpointOptions extends EndpointAddresses, Abortable {
  /** A SOCK_DGRAM or SOCK_SEQPACKET socket, instead of an address and its options. The transport owns it from then on. */
  socket?: Socket;
}

const OPTIONS = optionNames<DatagramEndpointOptions>({
  localAddress: true,
  remoteAddress: true,
  family: true,
  protocol: true,
  reusePort: true,
  allowBroadcast: true,
  replace: true,
  mode: true,
  socket: true,
  signal: true,
});

/** An endpoint: its transport and its protocol. */
export interface DatagramEndpoint<P extends DatagramProtocol = DatagramProtocol> {
  readonly transport: DatagramTransport;
  readonly protocol: P;
}

const METHOD = 'createDatagramEndpoint';

function checkAddress(name: string, address: unknown): void {
  if (address === undefined) return;
  const { host, port, path } = (address ?? {}) as Partial<Record<string, unknown>>;
  if (typeof path === 'string' || isUint8Array(path) || (typeof host === 'string' && typeof port === 'number')) return;
  throw wrongType(`${METHOD}: ${name}`, '{ host, port } or { path }', address);
}

function checkEndpoint(given: DatagramEndpointOptions | null | undefined): void {
  const options = checkNames(`${METHOD}: options`, given ?? {}, OPTIONS); // untyped programs may omit them
  const { socket, localAddress, remoteAddress, family, protocol, reusePort, allowBroadcast } = options;
  if (socket !== undefined) {
    for (const [name, value] of Object.entries(options))
      if (name !== 'socket' && name !== 'signal') checkAbsent(`${METHOD}: ${name}`, value);
    checkSocket(socket);
    return;
  }
  checkAddress('localAddress', localAddress);
  checkAddress('remoteAddress', remoteAddress);
  if (family !== undefined) checkInt(`${METHOD}: family`, family);
  if (protocol !== undefined) checkInt(`${METHOD}: protocol`, protocol);
  checkFlag(`${METHOD}: reusePort`, reusePort);
  checkFlag(`${METHOD}: allowBroadcast`, allowBroadcast);
  checkBindToPath(METHOD, options, localAddress !== undefined && 'path' in localAddress ? localAddress.path : null);
  if (localAddress === undefined && remoteAddress === undefined && (family ?? 0) === 0)
    throw outOfRange(`${METHOD}: family`, 'a family, a localAddress, a remoteAddress or a socket', family);
}

function checkSocket(socket: unknown): void {
  if (!(socket instanceof Socket)) throw wrongType(`${METHOD}: socket`, 'a Socket', socket);
  if (socket.type !== SOCK_DGRAM && socket.type !== SOCK_SEQPACKET)
    throw outOfRange(`${METHOD}: socket`, 'a datagram socket (SOCK_DGRAM or SOCK_SEQPACKET)', `type ${socket.type}`);
  if (socket.fileno() < 0) throw new InvalidStateError(`${METHOD}: the socket is closed`);
}

function* endpointSteps<P extends DatagramProtocol>(
  factory: () => P,
  options: DatagramEndpointOptions,
): Steps<DatagramEndpoint<P>> {
  const loop = currentLoop();
  const given = options.socket;
  if (given !== undefined) loop._descriptors.checkUnclaimed(given.fileno(), given);
  const { socket, peer } =
    given === undefined ? yield* endpointSocket(options) : { socket: given, peer: peerOf(given) };
  return yield* startTransport(socket, factory, (protocol, started) => {
    socket.setBlocking(false);
    return new DatagramTransport(loop, socket, protocol, peer, started);
  });
}

function peerOf(socket: Socket): Address | null {
  try {
    return socket.getpeername();
  } catch (error) {
    if (isInstance(error, OSError)) return null; // not connected
    throw error;
  }
}

/**
 * Makes a datagram endpoint. Returns the transport and the protocol that `factory` made, once `connectionMade` has been called.
 *
 * With `localAddress` it receives at that address; with `remoteAddress` it exchanges datagrams only with that peer; with `family` alone
 * it sends from an address that the kernel chooses. The stale file of a UNIX `localAddress` is replaced if no socket receives there, and
 * with `replace` even then. The file stays when the transport closes. If this fails or is cancelled, no socket is left open.
 *
 * @throws TypeError or RangeError for misuse, immediately. When awaited: OSError such as EADDRINUSE; ResolutionError
 */
export function createDatagramEndpoint<P extends DatagramProtocol>(
  factory: () => P,
  options: DatagramEndpointOptions,
): Coroutine<DatagramEndpoint<P>> {
  checkFactory(METHOD, factory);
  checkEndpoint(options);
  const copy = { ...options };
  return coroutineOfCall(new CallSite(createDatagramEndpoint, METHOD), endpointSteps(factory, copy), copy);
}
