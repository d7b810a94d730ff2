/** Connected sockets for tests. The caller closes them; `using` a pair closes both. */

import { AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM, Socket, type InetAddress } from '../../lib/sockets/index.js';

export interface ConnectedPair extends Disposable {
  readonly client: Socket;
  readonly server: Socket;
}

function pairOf(client: Socket, server: Socket): ConnectedPair {
  return {
    client,
    server,
    [Symbol.dispose]() {
      client.close();
      server.close();
    },
  };
}

/** A listening TCP socket on a free loopback port. */
export function tcpListener(family = AF_INET): { listener: Socket; address: InetAddress } & Disposable {
  const listener = new Socket(family, SOCK_STREAM);
  listener.bind({ host: family === AF_INET6 ? '::1' : '127.0.0.1', port: 0 });
  listener.listen();
  return {
    listener,
    address: listener.getsockname() as InetAddress,
    [Symbol.dispose]: () => {
      listener.close();
    },
  };
}

/** Two ends of a TCP connection over loopback. */
export function tcpPair(family = AF_INET): ConnectedPair {
  using listening = tcpListener(family);
  const client = new Socket(family, SOCK_STREAM);
  client.connect(listening.address);
  return pairOf(client, listening.listener.accept().socket);
}

/** A UDP socket bound to a free loopback port. */
export function udpSocket(family = AF_INET): Socket {
  const socket = new Socket(family, SOCK_DGRAM);
  socket.bind({ host: family === AF_INET6 ? '::1' : '127.0.0.1', port: 0 });
  return socket;
}

/** A loopback address without a listener. */
export function deadAddress(): InetAddress {
  using socket = new Socket(AF_INET, SOCK_STREAM);
  socket.bind({ host: '127.0.0.1', port: 0 });
  return socket.getsockname();
}
