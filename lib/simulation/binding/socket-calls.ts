/** The calls of sockets that move no bytes. */

import type { NativeAddress, NativeBinding } from '../../native/contract.js';
import type { SocketAddress } from '../kernel/addresses.js';
import { createPair, createSocket } from '../kernel/create.js';
import { EALREADY, EINPROGRESS, EINVAL } from '../kernel/errno.js';
import { TcpSocket } from '../kernel/inet/tcp-socket.js';
import type { Kernel } from '../kernel/kernel.js';
import { POLLIN, SHUT_BOTH } from '../kernel/numbers.js';
import type { Socket } from '../kernel/socket.js';
import { getOption, setOption } from '../kernel/socket-option-calls.js';
import { addressFrom, fillAddress } from './addresses.js';
import { plain } from './arguments.js';

type SocketCalls = Pick<
  NativeBinding,
  | 'socket'
  | 'socketpair'
  | 'shutdown'
  | 'bind'
  | 'listen'
  | 'accept'
  | 'connect'
  | 'getsockname'
  | 'getpeername'
  | 'getsockopt'
  | 'setsockopt'
>;

export function socketCalls(kernel: Kernel): SocketCalls {
  const { descriptors } = kernel;

  /** Makes a call with an address, which must have a form in memory before the descriptor is looked at. */
  function withAddress(fd: number, given: NativeAddress, call: (socket: Socket, to: SocketAddress) => number): number {
    const address = addressFrom(given);
    return typeof address === 'number' ? address : kernel.onSocket(fd, (socket) => call(socket, address));
  }

  function connect(socket: Socket, address: SocketAddress): number {
    const { sendTimeoutNs } = socket.options;
    // A full queue of a UNIX listener returns -EAGAIN, a handshake in progress -EINPROGRESS.
    const result = kernel.blocking(socket, 0, 0, sendTimeoutNs, () => socket.connect(address));
    if (result !== -EINPROGRESS || socket.nonBlocking) return result;
    const until = sendTimeoutNs === null ? null : kernel.clock.now + sendTimeoutNs;
    kernel.waitUntil(() => !socket.isConnecting, until);
    const outcome = socket.connect(address);
    return outcome === -EALREADY ? -EINPROGRESS : outcome;
  }

  function accept(socket: Socket, nonBlocking: boolean, address: NativeAddress | null): number {
    let accepted: Socket | null = null;
    const result = kernel.blocking(socket, 0, POLLIN, socket.options.receiveTimeoutNs, () => {
      const next = socket.accept();
      if (typeof next === 'number') return next;
      accepted = next;
      return 0;
    });
    if (accepted === null) return result;
    const child = accepted as Socket;
    child.nonBlocking = nonBlocking;
    const peer = child instanceof TcpSocket ? child.acceptedFrom : child.peerName();
    if (address !== null && typeof peer !== 'number') fillAddress(address, peer);
    return descriptors.add(child);
  }

  return {
    socket: (family, type, protocol) => {
      const socket = createSocket(kernel.host, family, type, protocol);
      return typeof socket === 'number' ? socket : descriptors.add(socket);
    },
    socketpair: (family, type, protocol, pair) => {
      const sockets = createPair(kernel.host, family, type, protocol);
      return typeof sockets === 'number' ? sockets : descriptors.addPair(...sockets, pair);
    },
    shutdown: (fd, how) =>
      kernel.onSocket(fd, (socket) => (how < 0 || how >= SHUT_BOTH ? -EINVAL : socket.shutdown(how + 1))),
    bind: (fd, address) => withAddress(fd, address, (socket, to) => socket.bind(to)),
    listen: (fd, backlog) =>
      kernel.onSocket(fd, (socket) => {
        const { somaxconn } = kernel.limits;
        return socket.listen(backlog < 0 || backlog > somaxconn ? somaxconn : backlog);
      }),
    accept: (fd, nonBlocking, address) => kernel.onSocket(fd, (socket) => accept(socket, nonBlocking, address)),
    connect: (fd, address) => withAddress(fd, address, connect),
    getsockname: (fd, address) =>
      kernel.onSocket(fd, (socket) => {
        fillAddress(address, socket.name());
        return 0;
      }),
    getpeername: (fd, address) =>
      kernel.onSocket(fd, (socket) => {
        const peer = socket.peerName();
        if (typeof peer === 'number') return peer;
        fillAddress(address, peer);
        return 0;
      }),
    getsockopt: (fd, level, option, value) =>
      kernel.onSocket(fd, (socket) => getOption(socket, level, option, plain(value))),
    setsockopt: (fd, level, option, value) =>
      kernel.onSocket(fd, (socket) => setOption(socket, level, option, plain(value))),
  };
}
