/** Scenarios for https only: failed handshakes, client certificates and their alerts, ALPN, SNI, sessions. */

import type { ServerResponse } from 'node:http';
import type net from 'node:net';
import tls from 'node:tls';

import { certificates } from '../../../tls/certificates.js';
import { type Scenario, type Stage, request } from '../scenario.js';

const LAST = 'Connection: close';

/** The TLS facts of `req.socket`. */
function describeSocket(socket: net.Socket): string {
  const { encrypted, authorized, authorizationError, alpnProtocol, servername, remoteAddress } = overTls(socket);
  const { subject } = overTls(socket).getPeerCertificate() as { subject?: { CN?: string } };
  const members = { encrypted, authorized, authorizationError: String(authorizationError), alpnProtocol, servername };
  return JSON.stringify({
    ...members,
    protocol: overTls(socket).getProtocol(),
    peer: subject?.CN ?? null,
    remoteAddress,
  });
}

/** The socket of a request to an https server. */
function overTls(socket: net.Socket): tls.TLSSocket & { servername?: unknown } {
  if (socket instanceof tls.TLSSocket) return socket;
  throw new TypeError('expected a TLSSocket');
}

const describing = ({ socket }: { socket: net.Socket }, response: ServerResponse): void => {
  response.end(describeSocket(socket));
};

/** Connects with `options`, sends one request and reads the answer. */
const askOnce =
  (options: () => tls.ConnectionOptions) =>
  async ({ connect }: Stage): Promise<void> => {
    const client = await connect({ tls: options() });
    await client.send(request('GET /', LAST)).closed;
  };

/** Connects with `options` and waits for the server to refuse. */
const beRefused =
  (options: () => tls.ConnectionOptions) =>
  async ({ connect, seen }: Stage): Promise<void> => {
    const client = await connect({ tls: options(), handshake: false });
    await client.closed;
    await seen('server: tlsClientError');
  };

export const secureOnly: readonly Scenario[] = (
  [
    {
      name: 'describes a client without a certificate',
      listener: describing,
      play: askOnce(() => ({})),
    },
    {
      name: 'describes a client over TLS 1.2',
      listener: describing,
      play: askOnce(() => ({ maxVersion: 'TLSv1.2' })),
    },
    {
      name: 'describes the certificate of a client that it trusts',
      tls: { requestCert: true },
      listener: describing,
      play: askOnce(() => certificates().client),
    },
    {
      name: 'describes the certificate of a client that it does not trust, when it may be let in',
      tls: { requestCert: true, rejectUnauthorized: false },
      listener: describing,
      play: askOnce(() => certificates().stranger),
    },
    {
      name: 'refuses a client without a certificate (TLS 1.2)',
      tls: { requestCert: true, maxVersion: 'TLSv1.2' },
      play: beRefused(() => ({})),
    },
    {
      name: 'refuses a client with an unknown certificate (TLS 1.2)',
      tls: { requestCert: true, maxVersion: 'TLSv1.2' },
      play: beRefused(() => certificates().stranger),
    },
    {
      name: 'refuses a client without a certificate (TLS 1.3)',
      tls: { requestCert: true },
      play: beRefused(() => ({})),
    },
    {
      name: 'refuses a client with an unknown certificate (TLS 1.3)',
      tls: { requestCert: true },
      play: beRefused(() => certificates().stranger),
    },
    {
      name: 'refuses a version that is too old',
      tls: { minVersion: 'TLSv1.3' },
      play: beRefused(() => ({ maxVersion: 'TLSv1.2' })),
    },
    {
      name: 'refuses protocols that it does not speak (ALPN)',
      play: beRefused(() => ({ ALPNProtocols: ['h2'] })),
    },
    {
      name: 'chooses http/1.1 by ALPN',
      listener: describing,
      play: askOnce(() => ({ ALPNProtocols: ['h2', 'http/1.1'] })),
    },
    {
      name: 'chooses what ALPNProtocols offers',
      tls: { ALPNProtocols: ['special'] },
      listener: describing,
      play: askOnce(() => ({ ALPNProtocols: ['http/1.1', 'special'] })),
    },
    {
      name: 'asks SNICallback for the name that the client sends',
      tls: { SNICallback: (name, done) => done(name === 'localhost' ? null : new Error(`no ${name}`)) },
      listener: describing,
      play: askOnce(() => ({})),
    },
    {
      name: 'refuses a name that SNICallback refuses',
      tls: { SNICallback: (name, done) => done(new Error(`no ${name}`)) },
      play: beRefused(() => ({})),
    },
    {
      name: 'resumes a session',
      tls: { maxVersion: 'TLSv1.2' },
      listener: ({ socket }, response) => response.end(String(overTls(socket).isSessionReused())),
      async play({ connect }) {
        const first = await connect();
        const session = overTls(first.socket).getSession()!;
        await first.send(request('GET /1', LAST)).closed;
        const second = await connect({ tls: { session } });
        await second.send(request('GET /2', LAST)).closed;
      },
    },
    {
      name: 'drops a client that speaks plain HTTP',
      async play({ connect, seen }) {
        const client = await connect({ plain: true });
        await client.send(request('GET /')).closed;
        await seen('server: tlsClientError');
      },
    },
    {
      name: "leaves a failed handshake to a listener of 'clientError'",
      prepare(server, { note }) {
        server.on('clientError', (error, socket) => {
          note(`${(error as NodeJS.ErrnoException).code} ${socket.destroyed}`);
          socket.destroy();
        });
      },
      async play({ connect, seen }) {
        const client = await connect({ plain: true });
        await client.send('no handshake at all').closed;
        await seen('server: clientError');
      },
    },
    {
      name: "emits 'tlsClientError' for a client that leaves in the handshake",
      async play({ connect, seen }) {
        const client = await connect({ plain: true });
        await client.end().closed;
        await seen('server: tlsClientError');
      },
    },
    {
      name: "emits 'tlsClientError' for a handshake that never ends",
      tls: { handshakeTimeout: 30 },
      async play({ connect, seen }) {
        const client = await connect({ plain: true });
        await client.closed;
        await seen('server: tlsClientError');
      },
    },
  ] satisfies Scenario[]
).map((scenario) => ({ ...scenario, only: 'secure' }));
