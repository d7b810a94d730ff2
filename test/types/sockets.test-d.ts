/** The addresses of sockets by family, and the streams of servers. `npm run check:types` compiles this file; nothing runs it. */

import {
  type Server,
  type StreamServer,
  type Streams,
  type Steps,
  sockAccept,
  startServer,
  startUnixServer,
} from 'selectloop';
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_UNIX,
  type Accepted,
  type Address,
  type InetAddress,
  type NetlinkAddress,
  Socket,
  type UnixAddress,
} from 'selectloop/sockets';

import { expectType } from './expect-type.js';

export function addresses(unknown: Socket): void {
  expectType<number>()(new Socket(AF_INET).getsockname().port);
  expectType<string>()(new Socket(AF_INET6).getpeername().host);
  expectType<UnixAddress>()(new Socket(AF_UNIX).getsockname());
  const { socket, address } = new Socket(AF_INET).accept();
  expectType<InetAddress>()(address);
  expectType<Socket>()(socket);
  expectType<number>()(new Socket(AF_INET).dup().getsockname().port);

  // Without the family: one of two, told apart by their properties
  expectType<Address>()(unknown.getsockname());
  expectType<Accepted>()(unknown.accept());
  const own = new Socket().getsockname();
  if ('port' in own) expectType<InetAddress>()(own);
  else expectType<UnixAddress>()(own);
  expectType<NetlinkAddress>()(new Socket(AF_NETLINK).getsockname<NetlinkAddress>());

  // A socket of a known family is a Socket
  void sockAccept(new Socket(AF_INET));
  const sockets: Socket[] = [new Socket(AF_UNIX), new Socket(AF_INET), socket];
  expectType<Socket[]>()(sockets);
  // @ts-expect-error -- a UNIX socket has no port
  expectType<never>()(new Socket(AF_UNIX).getsockname().port);
}

export async function serving(): Promise<void> {
  expectType<Server>()(await startServer(() => undefined, '127.0.0.1', 0));
  const server = await startServer('127.0.0.1', 0, { backlog: 10 });
  expectType<StreamServer>()(server);
  for await (const connection of server) expectType<Streams>()(connection);
  expectType<Streams | null>()(await server.accept());
  expectType<StreamServer>()(await startUnixServer('/run/echo.sock'));
  for await (const { reader, writer } of server) {
    for await (const chunk of reader.chunks()) expectType<Buffer>()(chunk);
    expectType<number>()(await reader.pipeTo(writer, { end: false, signal: AbortSignal.timeout(1) }));
    // @ts-expect-error -- a reader is no target
    void reader.pipeTo(reader);
  }
}

export function* inGenerators(): Steps<void> {
  const server = yield* startServer('127.0.0.1', 0);
  let connection: Streams | null;
  while ((connection = yield* server.accept()) !== null) yield* connection.reader.pipeTo(connection.writer);
}
