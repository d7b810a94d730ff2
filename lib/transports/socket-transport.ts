/** The transport of a connected stream socket, TCP or UNIX. */

import type { LoopCore } from '../loop/loop-core.js';
import { AF_UNIX, type Address, IPPROTO_TCP, type Socket, TCP_NODELAY } from '../sockets/index.js';
import type { SocketInfo, StreamProtocol } from './contract.js';
import type { HandOver } from './hand-over.js';
import { StreamTransport, type StreamTransportOptions } from './stream-transport.js';

/** What is known about a connection when its transport is made. */
export interface SocketTransportOptions extends StreamTransportOptions {
  /** The peer's address, where accept has told it already. */
  peername?: Address;
}

const kind = {
  name: 'SocketTransport',
  receives: 'recv',
  sends: 'send',
  words: 'socket transport',
  lateWrite: 'socket.send() raised exception.',
} as const;

/** What `getExtraInfo` calls the socket for whoever only sets options of it. @internal */
export const OPTIONS_OF = '_socket';

/** Moves bytes between a socket, which it owns from now on, and a protocol. */
export class SocketTransport extends StreamTransport<Socket> {
  private readonly sockname: Address;
  private readonly peername: Address | null;

  /**
   * @param socket connected and non-blocking; still the caller's if this throws
   * @throws InvalidStateError if it has a transport already, OSError EBADF if it is closed
   */
  constructor(loop: LoopCore, socket: Socket, protocol: StreamProtocol, options: SocketTransportOptions) {
    const { sockname, peername } = socketFacts(socket, options.peername);
    super(loop, socket, protocol, kind, options);
    this.sockname = sockname;
    this.peername = peername;
    sendAtOnce(socket);
  }

  protected override fact(name: keyof SocketInfo | typeof OPTIONS_OF): unknown {
    if (name === OPTIONS_OF) return this.channel;
    if (name === 'socket') {
      this.handOut();
      return this.channel;
    }
    if (name === 'sockname') return this.sockname;
    return name === 'peername' ? this.peername : undefined;
  }

  /** @internal See hand-over.ts. */
  _handOver(): HandOver {
    return { ground: this.channel, ...this.giveAway() };
  }

  protected override endWriting(): void {
    try {
      this.channel.shutdown('write');
    } catch (error) {
      this._connectionFailed(error, 'write');
    }
  }
}

/** What `getExtraInfo` knows of a socket, also after it was closed. @param peername the peer's address, where accept has told it already */
export function socketFacts(
  socket: Socket,
  peername: Address | null = peernameOf(socket),
): { socket: Socket; sockname: Address; peername: Address | null } {
  return { socket, sockname: socket.getsockname(), peername };
}

/** The peer's address; null if the peer has gone already. */
function peernameOf(socket: Socket): Address | null {
  try {
    return socket.getpeername();
  } catch {
    return null;
  }
}

/** Small writes do not wait for the acknowledgement of the one before (Nagle's algorithm). */
function sendAtOnce(socket: Socket): void {
  if (socket.family === AF_UNIX) return;
  try {
    socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, true);
  } catch {
    // A stream, but not of TCP: there is nothing to turn off.
  }
}
