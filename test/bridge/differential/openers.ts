/** Opens the connections to compare: as a socket of Node, and as each flavour of `toDuplex`. */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';

import {
  type Protocol,
  StreamReader,
  StreamReaderProtocol,
  StreamWriter,
  type Transport,
  createConnection,
  createUnixConnection,
  openConnection,
  openUnixConnection,
} from 'selectloop';
import { toDuplex } from 'selectloop/node';
import { SOL_SOCKET, SO_RCVBUF, SO_SNDBUF, Socket } from 'selectloop/sockets';

import { certificates } from '../../tls/certificates.js';
import { Peer } from './peer.js';
import { UserTransport } from './user-transport.js';

/** The medium of a connection. */
export type Medium = 'tcp' | 'unix' | 'tls';
export const media: readonly Medium[] = ['tcp', 'unix', 'tls'];

/** A Node server for one medium. */
export class PeerServer {
  private readonly folder: string | null;
  private readonly server: net.Server;
  private tcpSocket: net.Socket | null = null;
  private readonly accepted: net.Socket[] = [];

  private constructor(readonly medium: Medium) {
    this.folder = medium === 'unix' ? mkdtempSync(join(tmpdir(), 'selectloop-peer-')) : null;
    if (medium === 'tls') {
      const { server } = certificates();
      this.server = tls.createServer({ ...server, allowHalfOpen: true, ALPNProtocols: ['x-test'] });
      this.server.on('connection', (socket: net.Socket) => {
        this.tcpSocket = socket;
      });
    } else this.server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
  }

  static async listen(medium: Medium): Promise<PeerServer> {
    const peers = new PeerServer(medium);
    if (peers.folder === null) peers.server.listen({ fd: narrowListener() });
    else peers.server.listen(peers.path);
    await once(peers.server, 'listening');
    return peers;
  }

  get path(): string {
    return join(this.folder!, 'socket');
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** Accepts the connection that `connect` opens. */
  async join(connect: Connect): Promise<{ socket: net.Socket; peer: Peer }> {
    const accepted = once(this.server, this.medium === 'tls' ? 'secureConnection' : 'connection');
    const socket = await connect(this);
    const [accepting] = (await accepted) as [net.Socket];
    this.accepted.push(accepting);
    // With TLS 1.3, session tickets follow the handshake. If unread, they would turn every close into a reset.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return { socket, peer: new Peer(accepting, this.tcpSocket ?? accepting) };
  }

  async close(): Promise<void> {
    for (const socket of this.accepted) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
    if (this.folder !== null) rmSync(this.folder, { recursive: true });
  }
}

/** A listener whose connections receive no more than 400 KiB that are unread, so that little is needed for a write that waits. */
function narrowListener(): number {
  const listener = new Socket();
  listener.setsockopt(SOL_SOCKET, SO_RCVBUF, 200_000);
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.listen();
  listener.setBlocking(false);
  return listener.detach();
}

/** Opens a connection to a server; resolves when it is connected, over TLS when it is secure. */
export type Connect = (server: PeerServer) => Promise<net.Socket>;

/** The reference for how a socket behaves. */
export const connectWithNode: Connect = async (server) => {
  if (server.medium === 'tls') {
    const socket = tls.connect({ port: server.port, host: '127.0.0.1', ...tlsOptions(), servername: 'localhost' });
    await once(socket, 'secureConnect');
    limitSendBufferOfNode(socket);
    return socket;
  }
  const socket = server.medium === 'unix' ? net.connect(server.path) : net.connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  limitSendBufferOfNode(socket);
  return socket;
};

/** `toDuplex` of a transport. */
export const connectTransport: Connect = async (server) => toDuplex(await openTransport(server, {}));

/** `toDuplex` of a reader and a writer. */
export const connectStreams: Connect = async (server) => {
  const { reader, writer } =
    server.medium === 'unix'
      ? await openUnixConnection(server.path)
      : await openConnection('127.0.0.1', server.port, connectOptions(server));
  limitSendBuffer(optionsOf(writer.transport));
  return toDuplex(reader, writer);
};

/** `toDuplex` of a transport class that the program wrote. */
export const connectUserTransport: Connect = async (server) => {
  const transport = new UserTransport({});
  await openTransport(server, transport);
  return toDuplex(transport);
};

/** `toDuplex` of a reader and a writer over such a transport. */
export const connectUserStreams: Connect = async (server) => {
  const reader = new StreamReader();
  const protocol = new StreamReaderProtocol(reader);
  const transport = new UserTransport(protocol);
  await openTransport(server, transport);
  return toDuplex(reader, new StreamWriter(transport, protocol, reader));
};

/** Connects a protocol to a server. */
export async function openTransport(server: PeerServer, protocol: Protocol): Promise<Transport> {
  const { transport } =
    server.medium === 'unix'
      ? await createUnixConnection(() => protocol, server.path)
      : await createConnection(() => protocol, '127.0.0.1', server.port, connectOptions(server));
  limitSendBuffer(optionsOf(transport));
  return transport;
}

/** Otherwise the kernel would hold up to 4 MiB of a TCP connection, and a write that waits would have to be larger. */
function limitSendBuffer(socket: Socket): void {
  socket.setsockopt(SOL_SOCKET, SO_SNDBUF, 100_000);
}

/** The socket of a transport; for TCP by the internal name that does not end its batching. */
function optionsOf(transport: Transport): Socket {
  return (transport.getExtraInfo('_socket', null) ?? transport.getExtraInfo('socket')) as Socket;
}

function limitSendBufferOfNode(socket: net.Socket): void {
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  const borrowed = Socket.fromFd(fd);
  limitSendBuffer(borrowed);
  borrowed.detach();
}

function connectOptions({ medium }: PeerServer): object {
  return medium === 'tls' ? { tls: tlsOptions(), serverName: 'localhost' } : {};
}

function tlsOptions(): { ca: string; ALPNProtocols: string[] } {
  return { ca: certificates().ca, ALPNProtocols: ['x-test'] };
}
