/**
 * What every server of this folder does: read `--host` and `--port`, say where it listens, and serve until Ctrl-C.
 *
 * SELECTLOOP_SELECTOR=select|poll|epoll in the environment picks the selector, as for every program on the library.
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

/** Where a server should listen. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** The options `--host` and `--port`. */
export function endpointOf(args: string[], defaultPort: number): Endpoint {
  const { values } = parseArgs({
    args,
    options: { host: { type: 'string', default: '127.0.0.1' }, port: { type: 'string', default: String(defaultPort) } },
  });
  return { host: values.host, port: Number(values.port) };
}

/** Says where a server listens, or what a socket is bound to. */
export function announce(what: string, address: Address): void {
  console.log(`${what} on ${'path' in address ? address.path : `${address.host}:${address.port}`}`);
}

/** Starts a server, says where it listens, and serves until Ctrl-C or SIGTERM. */
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

/** Runs main; Ctrl-C is how it is meant to end. */
export async function untilInterrupted<T>(main: Main<T>): Promise<void> {
  try {
    await run(main);
  } catch (error) {
    if (!(error instanceof KeyboardInterrupt || isCancelled(error))) throw error;
    console.log('stopped');
  }
}
