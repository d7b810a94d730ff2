/** Several connections that are readable at the same time. */

import { type Protocol, type Steps, type Transport } from 'selectloop';
import type { Socket } from 'selectloop/sockets';

import { turns } from './every-loop.js';
import { Recording, connected } from './protocols.js';
import type { Opened } from './sockets.js';

/** A connection, seen from both ends. */
export interface Connection {
  readonly protocol: Recording;
  readonly transport: Transport;
  readonly peer: Socket;
}

/** Connections whose protocols call `hooks(i, all)`, and whose peers have all sent `hello` when it returns. */
export function* greeted(
  opened: Opened,
  count: number,
  hooks: (index: number, all: readonly Connection[]) => Protocol,
  makePair: () => [Socket, Socket] = () => opened.pair(),
): Steps<Connection[]> {
  const all: Connection[] = [];
  for (let i = 0; i < count; i += 1) {
    all.push(yield* connected(opened, new Recording(hooks(i, all)), makePair()));
  }
  yield* turns(2);
  for (const { peer } of all) peer.send(Buffer.from('hello'));
  return all;
}

/** Aborts them, and waits until they are closed. */
export function* ended(all: readonly Connection[]): Steps<void> {
  for (const { transport, protocol } of all) {
    transport.abort();
    yield* protocol.lost;
  }
}
