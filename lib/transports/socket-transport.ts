/** The transport of a connected stream socket, TCP or UNIX. */

import type { LoopCore } from '../loop/loop-core.js';
import { AF_UNIX, type Address, IPPROTO_TCP, type Socket, TCP_NODELAY } from '../sockets/index.js';
import type { StartOptions } from './connection.js';
import type { SocketInfo, StreamProtocol } from './contract.js';
import { type ChannelKind, DescriptorEnd } from './descriptor-end.js';
import type { HandOver } from './hand-over.js';
import type { ConnectionTracker } from './open-transports.js';
import { StreamTransport } from './stream-transport.js';

/** Options of a socket transport. */
export interface SocketTransportOptions extends StartOptions {
  /** The peer's address, if accept has returned it. */
  peername?: Address;
  /** Counts the transport while it is open. */
  tracker?: ConnectionTracker;
}

const kind: ChannelKind<Socket> = {
  name: 'SocketTransport',
  receives: 'recv',
  sends: 'send',
  shutdown: (socket) => socket.shutdown('write'),
};

const wording = { name: kind.name, words: 'socket transport', lateWrite: 'socket.send() raised exception.' };

/** The name under which `getExtraInfo` returns the socket to internal code that only sets options, and so need not end batching. @internal */
export const OPTIONS_OF = '_socket';

/** Moves bytes between a socket, which it owns, and a protocol. */
export class SocketTransport extends StreamTransport<DescriptorEnd<Socket>> {
  private readonly facts: SocketInfo;

  /**
   * @param socket connected and non-blocking; the caller keeps it if this throws
   * @throws InvalidStateError if the socket already has a transport, OSError EBADF if it is closed
   */
  constructor(loop: LoopCore, socket: Socket, protocol: StreamProtocol, options: SocketTransportOptions) {
    const { peername, tracker = null } = options;
    const facts = socketFacts(socket, peername);
    super(loop, new DescriptorEnd(loop, socket, kind, tracker), protocol, wording, socket);
    this.facts = facts;
    disableNagle(socket);
    this.open(options);
    this.end.counted(this);
  }

  /** @internal Returns the socket, to which `sendfile` sends directly. */
  override _plainSocket(): Socket {
    return this.end.channel;
  }

  protected override fact(name: keyof SocketInfo | typeof OPTIONS_OF): unknown {
    const { channel } = this.end;
    if (name === OPTIONS_OF) return channel;
    if (name === 'socket') {
      this.end.receiveAlone();
      this.sender.sendAlone();
      return channel;
    }
    return name === 'sockname' || name === 'peername' ? this.facts[name] : undefined;
  }

  /** @internal See hand-over.ts. */
  _handOver(method: string): HandOver {
    const { end } = this;
    const { follow, ...rest } = this.handOver(method, () => ({ underlying: end.channel, ...end.detach() }));
    return {
      ...rest,
      follow: (successor) => {
        follow(successor);
        end.follow(successor);
      },
    };
  }
}

/** Collects the facts that `getExtraInfo` still returns after the socket is closed. @param peername the address that accept returned */
export function socketFacts(socket: Socket, peername = peernameOf(socket)): SocketInfo {
  return { socket, sockname: socket.getsockname(), peername: peername as Address };
}

/** Returns the peer's address; null if the peer has already disconnected. */
function peernameOf(socket: Socket): Address | null {
  try {
    return socket.getpeername();
  } catch {
    return null;
  }
}

/** Disables Nagle's algorithm, which would hold back a small write until the previous one is acknowledged. */
function disableNagle(socket: Socket): void {
  if (socket.family === AF_UNIX) return;
  try {
    socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, true);
  } catch {
    // A stream socket, but not TCP: there is no such option.
  }
}
