/** Connects a socket to a host and port, trying each address of the host. */

import { ExceptionGroup } from '../combinators/index.js';
import { OSError, isError, isInstance, textOf, wrongType } from '../errors/index.js';
import { checkInt, checkTimeout } from '../sockets/arguments.js';
import { EADDRNOTAVAIL } from '../sockets/errno.js';
import { SOCK_NONBLOCK, SOCK_STREAM, Socket } from '../sockets/index.js';
import type { Abortable, Steps } from '../tasks/index.js';
import { ResolutionError } from '../sock/resolution-error.js';
import { type ResolvedAddress, getaddrinfo, resolveLocal } from '../sock/resolver.js';
import { sockConnect } from '../sock/sock-connect.js';
import { staggeredRace } from './staggered-race.js';

/** Options that select the addresses to try and their order. */
export interface ConnectOptions extends Abortable {
  /** AF_INET or AF_INET6. Default: both. */
  family?: number;
  /** The local address to connect from; the host '' means any address. Default: the kernel chooses. */
  localAddress?: { host: string; port?: number };
  /**
   * Happy eyeballs: how long to try one address before starting the next one in parallel, in milliseconds (RFC 8305 suggests 250).
   * Default: null, one address after the other.
   */
  happyEyeballsDelayMs?: number | null;
  /**
   * How many addresses of the first family to try before alternating between the families; 0 keeps the resolver's order. Default: 1 with
   * happy eyeballs, otherwise 0.
   */
  interleave?: number;
  /** If no address can be connected to, throw an ExceptionGroup of all errors. Default: false, one error that summarizes them. */
  allErrors?: boolean;
}

/** Connects a new socket to the first address of `host` that accepts. If it fails or is cancelled, no socket is left open. */
export function* connectSocket(host: string, port: number, options: ConnectOptions): Steps<Socket> {
  const { family = 0, localAddress, happyEyeballsDelayMs = null, allErrors = false } = options;
  const { interleave = happyEyeballsDelayMs === null ? 0 : 1 } = options;
  const remote = interleaved(yield* getaddrinfo(host, port, { family }), interleave);
  if (remote.length === 0) throw new ResolutionError('ENOTFOUND', host);
  const local = localAddress && (yield* resolveLocal(localAddress.host, localAddress.port ?? 0, { family }));

  const errors: unknown[] = [];
  if (happyEyeballsDelayMs === null || remote.length === 1) {
    for (const target of remote) {
      try {
        return yield* connectNewSocket(target, local);
      } catch (error) {
        if (!isInstance(error, OSError)) throw error;
        errors.push(error);
      }
    }
  } else {
    const attempts = remote.map((target) => () => connectNewSocket(target, local));
    const race = yield* staggeredRace(attempts, happyEyeballsDelayMs, (late) => late.close());
    if (race.winner !== null) return race.winner.value;
    errors.push(...race.errors);
  }
  throw allErrors ? new ExceptionGroup('createConnection failed', errors) : oneError(errors);
}

/** The address to connect to. */
type ConnectTarget = Pick<ResolvedAddress, 'family' | 'protocol' | 'address'>;

/** Throws a TypeError or RangeError for invalid options. */
export function checkConnectOptions(method: string, options: ConnectOptions): void {
  const { family, localAddress, happyEyeballsDelayMs, interleave } = options;
  if (family !== undefined) checkInt(`${method}: family`, family);
  if (interleave !== undefined) checkInt(`${method}: interleave`, interleave);
  if (happyEyeballsDelayMs !== undefined) checkTimeout(`${method}: happyEyeballsDelayMs`, happyEyeballsDelayMs);
  if (localAddress !== undefined && typeof (localAddress as { host?: unknown } | null)?.host !== 'string') {
    throw wrongType(`${method}: localAddress`, '{ host, port }', localAddress);
  }
}

/** Connects a new socket to one address. If it fails or is cancelled, no socket is left open. */
export function* connectNewSocket(target: ConnectTarget, local?: readonly ResolvedAddress[]): Steps<Socket> {
  const socket = new Socket(target.family, SOCK_STREAM | SOCK_NONBLOCK, target.protocol);
  let connected = false;
  try {
    if (local !== undefined) bindLocal(socket, local);
    yield* sockConnect(socket, target.address);
    connected = true;
    return socket;
  } finally {
    if (!connected) socket.close();
  }
}

function bindLocal(socket: Socket, local: readonly ResolvedAddress[]): void {
  let failure: unknown = new OSError(EADDRNOTAVAIL, 'bind');
  for (const { family, address } of local) {
    if (family !== socket.family) continue;
    try {
      socket.bind(address);
      return;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Alternates between the families after `first` addresses of the first one, so that a broken family does not delay the other for long. */
function interleaved(addresses: readonly ResolvedAddress[], first: number): ResolvedAddress[] {
  if (first === 0) return [...addresses];
  const byFamily = new Map<number, ResolvedAddress[]>();
  for (const address of addresses) {
    const same = byFamily.get(address.family);
    if (same === undefined) byFamily.set(address.family, [address]);
    else same.push(address);
  }
  const families = [...byFamily.values()];
  const order = families[0]?.splice(0, first - 1) ?? [];
  for (let i = 0; order.length < addresses.length; i += 1) {
    for (const family of families) if (family[i] !== undefined) order.push(family[i]!);
  }
  return order;
}

/** Combines the errors of all addresses into one. A single error, or several with the same message, becomes that error itself. */
function oneError(errors: readonly unknown[]): unknown {
  const [first] = errors;
  const messages = errors.map(messageOf);
  if (!isInstance(first, OSError) || messages.every((message) => message === messages[0])) return first;
  const error = new OSError(first.errno, first.syscall);
  error.message = `Multiple exceptions: ${messages.join(', ')}`;
  error.cause = new ExceptionGroup('all addresses failed', errors);
  return error;
}

const messageOf = (error: unknown): string => (isError(error) ? error.message : textOf(error));
