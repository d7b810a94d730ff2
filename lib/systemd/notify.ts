/** Messages to the service manager (`sd_notify`). */

import { OSError, isInstance, outOfRange, wrongType } from '../errors/index.js';
import { AF_UNIX, SOCK_DGRAM, Socket } from '../sockets/index.js';
import { takeVariables, wholeNumber } from './environment.js';

/** A manager that does not read its socket holds the program up for at most this long. */
const SEND_TIMEOUT_MS = 1000;

/** What the service manager has asked for. */
interface Manager {
  /** The value of NOTIFY_SOCKET. */
  readonly address: string;
  /** The time within which the manager expects WATCHDOG=1; null: it does not. */
  readonly watchdogMs: number | null;
}

let manager: Manager | null = null;

/** Reads NOTIFY_SOCKET and the watchdog's variables, and removes them from the environment. Returns null without a manager. @internal */
export function serviceManager(): Manager | null {
  const variables = takeVariables('NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID');
  if (variables === null) return manager;
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = variables;
  const isOurs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid);
  const watchdogMs = WATCHDOG_USEC === undefined || !isOurs ? null : watchdogTime(WATCHDOG_USEC);
  manager = NOTIFY_SOCKET === '' ? null : { address: NOTIFY_SOCKET!, watchdogMs };
  return manager;
}

function watchdogTime(value: string): number {
  const microseconds = wholeNumber(value);
  if (microseconds === null || microseconds === 0)
    throw outOfRange('sdNotify: WATCHDOG_USEC', 'a number of microseconds', value);
  return microseconds / 1000;
}

/**
 * Sends a message to the service manager that has started this process, at the address in NOTIFY_SOCKET: a path, or an abstract name,
 * which begins with '@'. Returns false, and does nothing, without NOTIFY_SOCKET.
 *
 * `serveUntil` and `serveWorkers` send READY=1, STOPPING=1, RELOADING=1 and WATCHDOG=1 by themselves. The first call removes NOTIFY_SOCKET
 * and the variables of the watchdog from `process.env`, so that no child takes itself for the service; later calls still send.
 *
 * @param state assignments, one a line: 'READY=1', 'STATUS=42 clients', 'WATCHDOG=1'
 * @throws RangeError for an address that is neither; OSError: ECONNREFUSED or ENOENT if the manager is gone; TimeoutError if it has
 *   not read its messages for a second
 *
 * @example
 * import { sdNotify } from 'selectloop';
 *
 * console.log(sdNotify('READY=1')); // false
 */
export function sdNotify(state: string): boolean {
  if (typeof state !== 'string') throw wrongType('sdNotify', "assignments such as 'READY=1'", state);
  if (!/^[A-Z_0-9]+=/.test(state)) throw outOfRange('sdNotify', "assignments such as 'READY=1'", state);
  return send(state, SEND_TIMEOUT_MS);
}

/** A manager that does not read its socket, or that has ended. */
const UNREACHABLE: ReadonlySet<unknown> = new Set(['EAGAIN', 'ECONNREFUSED', 'ENOENT']);

/** Sends a message that may be lost: nothing depends on it, or the next one follows soon. @internal */
export function notifyIfPossible(state: string): void {
  try {
    send(state, 0);
  } catch (error) {
    if (!(isInstance(error, OSError) && UNREACHABLE.has(error.code))) throw error;
  }
}

function send(state: string, timeoutMs: number): boolean {
  const address = serviceManager()?.address;
  if (address === undefined) return false;
  using socket = new Socket(AF_UNIX, SOCK_DGRAM);
  socket.setTimeout(timeoutMs);
  socket.connect({ path: pathOf(address) });
  socket.send(Buffer.from(state));
  return true;
}

function pathOf(address: string): string {
  if (/^\/./.test(address)) return address;
  if (/^@./.test(address)) return `\0${address.slice(1)}`;
  throw outOfRange('sdNotify: NOTIFY_SOCKET', "an absolute path or an abstract name that begins with '@'", address);
}
