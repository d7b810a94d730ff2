/** Shared by the echo programs: a listening socket, a connected socket, and the command line. */

import { parseArgs } from 'node:util';

import { SOL_SOCKET, SO_REUSEADDR, Socket } from 'selectloop/sockets';

const HOST = '127.0.0.1';
const DEFAULT_PORT = '7007';
/** How many connections the kernel queues while the server is busy with another client. */
const BACKLOG = 1024;

/** Binds and listens, and prints the address. The socket is in blocking mode, as new sockets are. */
export function listen(port: number): Socket {
  const listener = new Socket();
  try {
    listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
    listener.bind({ host: HOST, port });
    listener.listen(BACKLOG);
    console.log(`listening on ${HOST}:${(listener.getsockname() as { port: number }).port}`);
    return listener;
  } catch (error) {
    listener.close();
    throw error;
  }
}

/** How many clients a server serves at the same time. Further ones wait in the kernel's queue until one disconnects. */
export const MAX_CLIENTS = 1000;

/** Returns true if `accept` has failed because the process or the system has no descriptor or memory left. The client stays queued. */
export function isExhausted(error: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'].includes((error as { code: string }).code);
}

/** Connects, and blocks until the connection is established. The socket is in blocking mode. */
export function connect(port: number): Socket {
  const socket = new Socket();
  try {
    socket.connect({ host: HOST, port });
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Returns the value of `--port`, the only option. */
export function portOf(args: string[]): number {
  const { values } = parseArgs({ args, options: { port: { type: 'string', default: DEFAULT_PORT } } });
  return Number(values.port);
}

/** Makes the main function of a program that is a server or a client: `server [--port P]`, or `client [--port P] MESSAGE...`. */
export function serverOrClient(
  serve: (listener: Socket) => void,
  talk: (port: number, messages: string[]) => void,
): (args: string[]) => void {
  return (args) => {
    const { values, positionals } = parseArgs({
      args,
      options: { port: { type: 'string', default: DEFAULT_PORT } },
      allowPositionals: true,
    });
    const [role, ...messages] = positionals;
    const port = Number(values.port);
    if (role === 'server') serve(listen(port));
    else if (role === 'client') talk(port, messages);
    else throw Object.assign(new Error('expected "server" or "client MESSAGE..."'), { code: 'ERR_PARSE_ARGS_ROLE' });
  };
}
