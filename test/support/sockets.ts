/** Non-blocking sockets for tests of the loop. */

import {
  AF_INET,
  AF_UNIX,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_LINGER,
  SO_RCVBUF,
  SO_SNDBUF,
  Socket,
  socketpair,
} from 'selectloop/sockets';

/** Holds what a test has opened; `using` closes everything at the end, even when the test fails. */
export class Opened implements Disposable {
  private readonly sockets: Socket[] = [];

  add<S extends Socket>(socket: S): S {
    socket.setBlocking(false);
    this.sockets.push(socket);
    return socket;
  }

  /** A non-blocking socket. */
  socket(family = AF_INET, type = SOCK_STREAM): Socket {
    return this.add(new Socket(family, type));
  }

  /** A bound and listening socket, and its address. */
  listener(backlog = 128): { listener: Socket; address: { host: string; port: number } } {
    const listener = this.socket();
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen(backlog);
    return { listener, address: listener.getsockname() as { host: string; port: number } };
  }

  /** Two connected UNIX sockets. */
  pair(type = SOCK_STREAM): [Socket, Socket] {
    const [a, b] = socketpair(AF_UNIX, type);
    return [this.add(a), this.add(b)];
  }

  /** A pair with small kernel buffers, so that a send of a few kilobytes is partial. */
  narrowPair(): [Socket, Socket] {
    const [a, b] = this.pair();
    for (const socket of [a, b]) {
      socket.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096);
      socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096);
    }
    return [a, b];
  }

  /** Two ends of a TCP connection over loopback. */
  tcpPair(): [Socket, Socket] {
    const listener = new Socket();
    try {
      listener.bind({ host: '127.0.0.1', port: 0 });
      listener.listen();
      const client = new Socket();
      client.connect(listener.getsockname());
      return [this.add(client), this.add(listener.accept().socket)];
    } finally {
      listener.close();
    }
  }

  [Symbol.dispose](): void {
    for (const socket of this.sockets.splice(0)) socket.close();
  }
}

/** Makes `close` send a reset instead of an orderly end. */
export function resetOnClose(socket: Socket): void {
  socket.setsockopt(SOL_SOCKET, SO_LINGER, Buffer.from(new Int32Array([1, 0]).buffer));
}

/** Writes until the kernel accepts no more; returns the number of bytes written. */
export function fill(socket: Socket): number {
  const chunk = Buffer.alloc(65_536, '.');
  for (let total = 0; ;) {
    const count = socket.sendEx(chunk, 0, chunk.length);
    if (count < 0) return total;
    total += count;
  }
}

/** Bytes that reveal a wrong order. */
export function patterned(length: number, seed = 0): Buffer {
  const period = Buffer.alloc(Math.min(length, 65_536));
  for (let i = 0; i < period.length; i += 1) period[i] = (i * 31 + (i >> 8) * 7 + seed) & 0xff;
  return length <= period.length ? period : Buffer.alloc(length, period);
}
