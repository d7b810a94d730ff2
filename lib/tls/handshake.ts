/** The TLS handshake: from a duplex that carries ciphertext to a TLSSocket that carries plaintext. */

import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

import { OSError, TimeoutError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { ECONNRESET } from '../sockets/errno.js';
import { Future, type Steps } from '../tasks/index.js';
import { nodeTls } from './node-tls.js';
import type { TlsSide } from './tls-options.js';

/**
 * Performs the handshake and returns the TLSSocket. If it fails or is cancelled, the duplex is destroyed.
 *
 * @throws the error of `node:tls`, such as an untrusted certificate or no common version; OSError ECONNRESET if the peer disconnects;
 *   TimeoutError
 */
export function* handshake(loop: LoopCore, duplex: Duplex, side: TlsSide): Steps<TLSSocket> {
  if (duplex.destroyed) throw goneAway();
  const secured = new Future<void>({ loop });
  let socket: TLSSocket | null = null;
  let complete = false;
  const fail = (error: unknown): void => {
    if (!secured.done()) secured.setException(error);
  };
  const { handshakeMs } = side.timeouts;
  const timer = loop.callLater(handshakeMs, () =>
    fail(new TimeoutError(`the TLS handshake took longer than ${handshakeMs} ms`)),
  );
  try {
    duplex.on('error', fail);
    const tls = nodeTls();
    socket = side.isServer
      ? new tls.TLSSocket(duplex, { ...side.options, isServer: true })
      : tls.connect({ ...side.options, socket: duplex });
    const present = socket;
    const succeed = (): void => {
      const refused = side.isServer ? refusedClient(present, side.options) : null;
      if (refused !== null) fail(refused);
      else if (!secured.done()) secured.setResult();
    };
    socket.on('error', fail);
    socket.once(side.isServer ? 'secure' : 'secureConnect', succeed);
    const onClose = (): void => fail(goneAway());
    socket.once('close', onClose);
    socket.once('end', onClose);
    yield* secured;
    socket.off('close', onClose);
    socket.off('end', onClose);
    socket.off('error', fail); // the transport listens from here on
    complete = true;
    return socket;
  } finally {
    timer.cancel();
    if (!complete) {
      socket?.destroy();
      duplex.destroy();
    }
  }
}

/**
 * Returns the verification error of a client's certificate; null if it is valid or need not be. Node makes OpenSSL accept every
 * certificate, and `tls.Server` verifies afterwards; this does the same. Node does not document `verifyError`; if it is missing, every
 * client is refused.
 */
function refusedClient(socket: TLSSocket, { requestCert, rejectUnauthorized }: TlsSide['options']): Error | null {
  if (requestCert !== true) return null;
  const { ssl } = socket as unknown as { ssl: { verifyError(): (Error & { code: string }) | null } };
  const error = ssl.verifyError();
  socket.authorized = error === null;
  if (error !== null) (socket as { authorizationError: unknown }).authorizationError = error.code;
  return rejectUnauthorized === false ? null : error;
}

function goneAway(): OSError {
  const error = new OSError(ECONNRESET, 'read');
  error.message = 'the peer closed the connection during the TLS handshake';
  return error;
}
