/** The result of `toDuplex` has every public member of Node's sockets, with the same type. */

import net from 'node:net';
import tls from 'node:tls';

import { run } from 'selectloop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type Connect,
  PeerServer,
  connectStreams,
  connectTransport,
  connectUserStreams,
  connectUserTransport,
  connectWithNode,
  media,
} from './openers.js';

/** The names of an object's own and inherited members, without those that are private by Node's conventions. */
function publicNames(object: object): string[] {
  const names = new Set<string>();
  for (let next: object | null = object; next !== null && next !== Object.prototype; next = nextOf(next))
    for (const name of Object.getOwnPropertyNames(next)) if (!/^_|^constructor$/.test(name)) names.add(name);
  return [...names].sort();
}

function nextOf(object: object): object | null {
  return Object.getPrototypeOf(object) as object | null;
}

/** Describes a member: a function and its number of parameters, or the type of its value. */
function shapes(socket: net.Socket): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of publicNames(socket)) {
    const value: unknown = socket[name as keyof net.Socket];
    result[name] = value === null ? 'null' : typeof value;
  }
  return result;
}

async function shapesOf(connect: Connect, server: PeerServer): Promise<Record<string, string>> {
  const { socket, peer } = await server.join(connect);
  const result = shapes(socket);
  socket.destroy();
  await peer.destroy();
  return result;
}

describe.each(media)('toDuplex over %s', (medium) => {
  let server: PeerServer;
  let members: Record<string, string>;
  beforeAll(async () => {
    server = await PeerServer.listen(medium);
    members = await shapesOf(connectWithNode, server);
  });
  afterAll(() => server.close());

  it('Node’s socket and its class have the same public members', () => {
    const { prototype } = medium === 'tls' ? tls.TLSSocket : net.Socket;
    expect(Object.keys(members)).toEqual(expect.arrayContaining(publicNames(prototype)));
  });

  it.each([
    { flavour: 'toDuplex(transport)', connect: connectTransport },
    { flavour: 'toDuplex(reader, writer)', connect: connectStreams },
  ])('$flavour has every member of Node’s socket', async ({ connect }) => {
    expect(await run(() => shapesOf(connect, server))).toMatchObject(members);
  });
});

describe('a connection without a socket', () => {
  let server: PeerServer;
  let members: Record<string, string>;
  beforeAll(async () => {
    server = await PeerServer.listen('tcp');
    members = await shapesOf(connectWithNode, server);
  });
  afterAll(() => server.close());

  it.each([
    { flavour: 'toDuplex(transport)', connect: connectUserTransport },
    { flavour: 'toDuplex(reader, writer)', connect: connectUserStreams },
  ])('$flavour has every member of net.Socket', async ({ connect }) => {
    expect(await run(() => shapesOf(connect, server))).toMatchObject(members);
  });
});
