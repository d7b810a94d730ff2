/**
 * Who may use the viewer: only the page that it has served itself, in a browser that got the token.
 *
 * The server listens on loopback, but every page of every site that is open in a browser of this machine can send requests to it, and a foreign
 * name can be made to resolve to 127.0.0.1 (DNS rebinding). Hence:
 *
 * - `Host` is one of loopback's three names with our port: a rebound name is none of them.
 * - An `Origin` or `Sec-Fetch-Site` of another site is refused. There are no CORS headers, so a foreign page cannot read an answer anyway.
 * - Everything but the page itself needs a token of 128 bits. It comes to the browser in the fragment of the address, which is never sent, and back
 *   in a header, which a foreign page cannot set without asking.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Why a request is refused. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

/** Checks requests. */
export class Guard {
  /** 128 random bits. */
  readonly token = randomBytes(16).toString('hex');
  private readonly expected = digestOf(`Bearer ${this.token}`);
  private hosts: ReadonlySet<string> = new Set();

  /** The server listens on this port. */
  listensOn(port: number): void {
    this.hosts = new Set(['127.0.0.1', '[::1]', 'localhost'].map((name) => `${name}:${port}`));
  }

  /** Returns why a request does not come from the page of this viewer; null if it may. */
  refuseOrigin({ headers }: IncomingMessage): Refusal | null {
    const { host = '', origin, 'sec-fetch-site': site } = headers;
    if (!this.hosts.has(host))
      return { status: 403, message: 'the address of this viewer is that of the loopback interface' };
    const isOwn = origin === undefined || origin === `http://${host}`;
    const isSame = site === undefined || site === 'same-origin' || site === 'none';
    return isOwn && isSame ? null : { status: 403, message: 'this viewer answers only its own page' };
  }

  /** Returns why a request has no right to the data; null if it has the token. */
  refuseToken({ headers }: IncomingMessage): Refusal | null {
    // Compared by their digests, which have one length, in constant time.
    const isRight = timingSafeEqual(digestOf(headers.authorization ?? ''), this.expected);
    return isRight
      ? null
      : { status: 401, message: 'the token is wrong: open the address that the command has printed' };
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
