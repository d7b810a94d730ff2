/** The sockets that a library runs on: Node's own, and those that `selectloop/node` makes in each of its ways. */

import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, Socket, connect } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

import { type InetAddress, createConnection, openConnection, run } from 'selectloop';
import { connectDuplex, serveHttp, toDuplex } from 'selectloop/node';

// A library that leaves a socket open fails its file.
import '../../support/descriptor-leaks.js';

const HOST = '127.0.0.1';

/** The sockets that a scenario runs on. */
interface Side {
  readonly name: string;
  /** Runs a scenario; inside a loop of this library if the sockets are its own. */
  run(scenario: () => Promise<void>): Promise<void>;
}

/** Returns a connected socket. With `tls` it is a TLSSocket. */
interface ConnectingSide extends Side {
  connect(port: number, tls?: ConnectionOptions): Promise<Socket>;
}

/** Returns a socket that is still connecting, synchronously. */
export interface DialingSide extends ConnectingSide {
  dial(port: number): Socket;
  /** The same for a library that calls `connect(port, host)` on the socket itself. */
  undialled(port: number): Socket;
}

/** Serves with a server of `node:http`, or a similar one. */
interface ServingSide extends Side {
  serve(server: HttpServer): Promise<number>;
}

const plainly = async (scenario: () => Promise<void>): Promise<void> => await scenario();
const inLoop = async (scenario: () => Promise<void>): Promise<void> => await run(scenario);

const tlsOptions = (tls: ConnectionOptions | undefined): object =>
  tls === undefined ? {} : { tls, serverName: 'localhost' };

const node: DialingSide & ServingSide = {
  name: 'node:net',
  run: plainly,
  dial: (port) => connect(port, HOST),
  undialled: () => new Socket(),
  async connect(port, tls) {
    const socket = tls ? connectTls({ port, host: HOST, servername: 'localhost', ...tls }) : connect(port, HOST);
    await once(socket, tls ? 'secureConnect' : 'connect');
    return socket;
  },
  async serve(server) {
    await once(server.listen(0, HOST), 'listening');
    return (server.address() as AddressInfo).port;
  },
};

const dialled: DialingSide = {
  name: 'connectDuplex',
  run: inLoop,
  dial: (port) => connectDuplex(HOST, port),
  undialled: (port) => connectDuplex(HOST, port),
  async connect(port, tls) {
    const socket = connectDuplex(HOST, port, tlsOptions(tls));
    await once(socket, tls ? 'secureConnect' : 'connect');
    return socket;
  },
};

const ofTransport: ConnectingSide = {
  name: 'toDuplex(transport)',
  run: inLoop,
  async connect(port, tls) {
    const { transport } = await createConnection(() => ({}), HOST, port, tlsOptions(tls));
    return toDuplex(transport) as Socket;
  },
};

const ofStreams: ConnectingSide = {
  name: 'toDuplex(reader, writer)',
  run: inLoop,
  async connect(port, tls) {
    const { reader, writer } = await openConnection(HOST, port, tlsOptions(tls));
    return toDuplex(reader, writer) as Socket;
  },
};

const served: ServingSide = {
  name: 'serveHttp',
  run: inLoop,
  async serve(server) {
    const { sockets } = await serveHttp(server, HOST, 0);
    return (sockets[0]!.getsockname() as InetAddress).port;
  },
};

/** For libraries that wait for a socket, or accept a connected one. */
export const connectingSides: readonly ConnectingSide[] = [node, dialled, ofTransport, ofStreams];

/** For libraries that need a socket synchronously. */
export const dialingSides: readonly DialingSide[] = [node, dialled];

/** For libraries that serve with `node:http`. */
export const servingSides: readonly ServingSide[] = [node, served];

/** Closes a server of `node:http`, and waits until its last connection is closed. */
export async function closed(server: HttpServer): Promise<void> {
  await new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
}

/** `EventEmitter`, and the similar classes of libraries. */
interface Emitter {
  once(event: string, listener: () => void): unknown;
}

/** Waits for an event, ignoring errors before it: `once` of `node:events` would reject with the first. */
export async function heard(emitter: Emitter, event: string): Promise<void> {
  await new Promise<void>((resolve) => emitter.once(event, () => resolve()));
}
