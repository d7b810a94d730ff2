/** The sockets of a simulation as text: for `world.sockets()` and for messages. */

import type { Descriptors } from '../kernel/descriptors.js';
import type { Host } from '../kernel/host.js';
import { InetSocket } from '../kernel/inet/inet-socket.js';
import { TcpSocket } from '../kernel/inet/tcp-socket.js';
import type { SocketAddress } from '../kernel/addresses.js';
import { Socket } from '../kernel/socket.js';
import type { SocketRow } from './types.js';

/** Returns the rows of a host. */
export function socketsOf(host: Host, descriptors: Descriptors): SocketRow[] {
  return descriptors.of(host).flatMap((fd) => {
    const file = descriptors.get(fd);
    return file instanceof Socket ? [{ host: host.name, fd, ...columnsOf(file) }] : [];
  });
}

function columnsOf(socket: Socket): Omit<SocketRow, 'host' | 'fd'> {
  const tcp = socket instanceof TcpSocket ? socket : null;
  return {
    kind: tcp !== null ? 'tcp' : socket instanceof InetSocket ? 'udp' : 'unix',
    state: tcp?.state ?? '',
    local: addressText(socket.name()),
    peer: addressText(socket.peerName()),
    received: tcp?.unread ?? 0,
    unsent: tcp?.unacknowledged ?? 0,
  };
}

function addressText(address: SocketAddress | number): string {
  if (typeof address === 'number') return '';
  const { host, port, path } = address;
  if (host === '') return path.replace('\0', '@');
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Describes an open file: `a tcp socket, ESTABLISHED, 10.0.0.1:80 > 10.0.0.2:32768`. */
export function describeFile(file: object): string {
  if (!(file instanceof Socket)) return 'a descriptor that is no socket';
  const { kind, state, local, peer } = columnsOf(file);
  const ends = [local, peer].filter((end) => end !== '').join(' > ');
  return [`a ${kind} socket`, state, ends].filter((part) => part !== '').join(', ');
}
