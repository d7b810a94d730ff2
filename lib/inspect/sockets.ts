/**
 * The table of a loop's descriptors.
 *
 * It has those for which something waits and those of open transports, also of TLS connections, whose descriptors Node reads. The byte
 * counts come from the kernel, so that no transport has to count.
 */

import { readlinkSync } from 'node:fs';

import type { Claim, Descriptor } from '../loop/descriptor-registry.js';
import { heldUntilClose } from '../loop/closed-with-loop.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { DescriptorWaiter } from '../loop/runnable.js';
import { Watcher } from '../loop/watcher.js';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_ACCEPTCONN,
  Socket,
  type TcpInfo,
  tcpInfo,
} from '../sockets/index.js';
import { type Future, Task, isFuture } from '../tasks/index.js';
import { awaitersOf } from '../tasks/call-graph.js';
import { Continuation } from '../tasks/continuation.js';
import { TlsTransport } from '../tls/tls-transport.js';
import { DescriptorEnd } from '../transports/descriptor-end.js';
import { StreamTransport } from '../transports/stream-transport.js';
import { describeAddress, describeHandle } from '../trace/names.js';
import type { SocketRow, Table } from './protocol.js';
import { type Selection, tableOf } from './rows.js';

interface Known {
  readonly fd: number;
  readonly registered: Descriptor | null;
  readonly claim: Claim | null;
  readonly transport: StreamTransport | null;
}

/** Describes the descriptors of a loop, without the loop's own. */
export function socketTable(loop: LoopCore, selection: Selection): Table<SocketRow> {
  const tls = tlsTransports(loop);
  const known = loop._descriptors
    .known()
    .filter(({ registered }) => registered === null || registered.internal === null)
    .map((each): Known => ({ ...each, transport: tls.get(each.fd) ?? transportOf(each.registered) }));
  return tableOf(loop.time(), known, rowOf, selection);
}

/** Returns the TLS connections whose descriptors are theirs. */
function tlsTransports(loop: LoopCore): Map<number, TlsTransport> {
  const all = heldUntilClose(loop).filter((each) => each instanceof TlsTransport);
  return new Map(all.map((each) => [each._fd, each]));
}

/** Returns the transport that waits for a descriptor; null if none does, which includes one that has paused reading. */
function transportOf(descriptor: Descriptor | null): StreamTransport | null {
  for (const waiter of [descriptor?.reader, descriptor?.writer]) {
    const end = waiter instanceof Watcher ? waiter.target : null;
    const transport = end instanceof DescriptorEnd ? end.transport : null;
    if (transport instanceof StreamTransport) return transport;
  }
  return null;
}

function rowOf({ fd, registered, claim, transport }: Known): SocketRow {
  const owner = registered?.owner ?? claim?.channel ?? null;
  const socket = owner instanceof Socket ? (owner as Socket) : null;
  const info = socket === null ? null : tcpInfoOf(socket);
  const flow = transport?._flow() ?? (claim === null ? null : { buffered: 0, reading: false });
  return {
    ...{ fd, kind: socket === null ? kindOfFile(fd) : kindOf(socket) },
    ...{ local: addressOf(socket, 'getsockname'), peer: addressOf(socket, 'getpeername') },
    ...{ state: info?.state ?? null, waiters: waitersOf(registered, claim) },
    ...trafficOf(info),
    ...{ buffered: flow?.buffered ?? null, reading: flow?.reading ?? null },
    tls: transport instanceof TlsTransport ? String(transport.getExtraInfo('tlsProtocol')) : null,
  };
}

function tcpInfoOf(socket: Socket): TcpInfo | null {
  try {
    return socket.type === SOCK_STREAM && socket.family !== AF_UNIX ? tcpInfo(socket) : null;
  } catch {
    return null; // not TCP, or closed by its number
  }
}

type Traffic = Pick<SocketRow, 'in' | 'out' | 'rtt' | 'retrans' | 'unsent'>;

/** A listening socket has the same structure, with other meanings. */
function trafficOf(info: TcpInfo | null): Traffic {
  if (info === null || info.state === 'LISTEN') return { in: null, out: null, rtt: null, retrans: null, unsent: null };
  const { bytesReceived, bytesSent, bytesAcked, rtt, totalRetrans, notsentBytes } = info;
  return {
    ...{ in: bytesReceived ?? null, out: bytesSent ?? bytesAcked ?? null },
    ...{ rtt: rtt / 1000, retrans: totalRetrans, unsent: notsentBytes ?? null },
  };
}

const TYPES: Readonly<Record<number, string>> = { [SOCK_STREAM]: 'tcp', [SOCK_DGRAM]: 'udp' };

function kindOf(socket: Socket): string {
  const { family, type } = socket;
  if (family === AF_UNIX) return isListening(socket) ? 'unix listener' : type === SOCK_DGRAM ? 'unix dgram' : 'unix';
  if (family !== AF_INET && family !== AF_INET6) return `family ${family}`;
  const kind = `${TYPES[type] ?? `type ${type}`}${family === AF_INET6 ? '6' : ''}`;
  return isListening(socket) ? `${kind} listener` : kind;
}

function isListening(socket: Socket): boolean {
  try {
    return socket.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) !== 0;
  } catch {
    return false;
  }
}

/** What the kernel calls an open file, without its number: `pipe`, `eventfd`, or a path. */
function kindOfFile(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).replace(/^anon_inode:\[?|:\[\d+\]$|\]$/g, '');
  } catch {
    return 'closed';
  }
}

function addressOf(socket: Socket | null, method: 'getsockname' | 'getpeername'): string | null {
  try {
    return socket === null ? null : describeAddress(socket[method]());
  } catch {
    return null; // not connected, or closed by its number
  }
}

function waitersOf(descriptor: Descriptor | null, claim: Claim | null): string {
  const reader = descriptor?.reader ?? null;
  const writer = descriptor?.writer ?? null;
  const texts: string[] = [];
  if (reader !== null && !reader.cancelled()) texts.push(`read: ${nameOf(reader)}`);
  if (writer !== null && !writer.cancelled()) texts.push(`write: ${nameOf(writer)}`);
  return texts.length === 0 && claim !== null ? claim.toString() : texts.join(', ');
}

/** Names a waiter by the tasks that wait through it, or as a handle. */
function nameOf(waiter: DescriptorWaiter): string {
  if (isFuture(waiter)) {
    const tasks = [...awaitersOf(waiter as Future)].map((each) => (each instanceof Continuation ? each.owner : each));
    const names = tasks.map((task) => (task instanceof Task ? task.getName() : 'a future'));
    if (names.length > 0) return names.join(', ');
  }
  return waiter instanceof Watcher ? nameOfTarget(waiter.target) : describeHandle(waiter).name;
}

/** Names a transport by its protocol, because it is the program's, and everything else by its own description. */
function nameOfTarget(target: { toString(): string }): string {
  const transport = target instanceof DescriptorEnd ? target.transport : null;
  const protocol = transport instanceof StreamTransport ? transport.getProtocol() : null;
  const name = protocol?.constructor?.name ?? 'Object';
  return name === 'Object' ? target.toString() : name;
}
