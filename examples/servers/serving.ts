/**
 * Shared by the servers in this folder: parses `--host` and `--port`, prints the address, and serves until Ctrl-C.
 *
 * As for every program on the library, the environment variable SELECTLOOP_SELECTOR=select|poll|epoll chooses the selector.
 */

import { parseArgs } from 'node:util';

import {
  type Address,
  type Coroutine,
  KeyboardInterrupt,
  type Main,
  type Server,
  getRunningLoop,
  isCancelled,
  run,
} from 'selectloop';

/** The address on which a server listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** How many clients a server serves at the same time. Further ones wait in the kernel's queue until one disconnects. */
export const MAX_CLIENTS = 1000;

/** Parses the options `--host` and `--port`. */
export function endpointOf(args: string[], defaultPort: number): Endpoint {
  const { values } = parseArgs({
    args,
    options: { host: { type: 'string', default: '127.0.0.1' }, port: { type: 'string', default: String(defaultPort) } },
  });
  return { host: values.host, port: Number(values.port) };
}

/** Prints the address of a server or a socket. */
export function announce(what: string, address: Address): void {
  console.log(`${what} on ${'path' in address ? String(address.path) : `${address.host}:${address.port}`}`);
}

/** Starts a server, prints its address, and serves until Ctrl-C or SIGTERM. */
export async function serveUntilInterrupted(what: string, start: () => Coroutine<Server>): Promise<void> {
  await untilInterrupted(function* () {
    const server = yield* start();
    announce(what, server.address);
    getRunningLoop().addSignalHandler('SIGTERM', () => {
      server.close();
      server.closeClients();
    });
    yield* server.serveForever();
  });
}

/** Runs `main`. Ctrl-C is the normal way to stop it, so it prints one line instead of a stack trace. */
export async function untilInterrupted<T>(main: Main<T>): Promise<void> {
  try {
    await run(main);
  } catch (error) {
    if (!(error instanceof KeyboardInterrupt || isCancelled(error))) throw error;
    console.log('stopped');
  }
}
