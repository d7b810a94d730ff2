/** What things are called in a trace. Nothing here may throw: an instrument must not fail. */

import { describeValue } from '../errors/index.js';
import { Handle, TimedHandle } from '../loop/handle.js';
import type { AwaitedFuture } from '../loop/instrument.js';
import type { Runnable } from '../loop/runnable.js';
import { type Address, SOL_SOCKET, SO_ACCEPTCONN, Socket } from '../sockets/index.js';
import { Task, isFuture } from '../tasks/index.js';
import type { TracedHandle } from './trace-data.js';

/** The kind and the name of a handle. */
export function describeHandle(handle: Runnable): Pick<TracedHandle, 'kind' | 'name'> {
  if (handle instanceof Task) return { kind: 'task', name: `task '${handle.getName()}'` };
  if (handle instanceof TimedHandle) return { kind: 'timer', name: plainName(handle._name) };
  if (handle instanceof Handle) return { kind: 'callback', name: plainName(handle._name) };
  if (isFuture(handle)) return { kind: 'wait', name: describeWait(handle) };
  const { future } = handle as { future?: unknown };
  return isFuture(future)
    ? { kind: 'wait', name: describeWait(future) }
    : { kind: 'callback', name: handle.toString() };
}

/** What a task waits for that waits for `future`. */
export function describeWait(future: AwaitedFuture): string {
  if (future instanceof Task) return `task '${future.getName()}'`;
  const { _describeWait: describe } = future as { _describeWait?: () => string };
  return describe === undefined ? 'a future' : describe.call(future);
}

/** The name of a timer. */
export function describeTimer(timer: Runnable): string {
  return isFuture(timer) ? describeWait(timer) : describeHandle(timer).name;
}

/** "main()" for the function of a task; "generator" stays as it is: the name of the function is not known. */
export function describeCoroutine(label: string): string {
  return label === 'generator' ? label : plainName(`${label}()`);
}

/** Its class and message, in one line. */
export function describeError(error: unknown): string {
  try {
    if (!(error instanceof Error)) return describeValue(error);
    const [line = ''] = String(error).split('\n');
    return line;
  } catch {
    return 'an error that cannot be shown';
  }
}

/** What a socket is for: where it listens, or whom it is connected to; null for anything else. */
export function describeSocket(owner: object | null): string | null {
  if (!(owner instanceof Socket)) return null;
  try {
    if (owner.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) !== 0)
      return `listening on ${describeAddress(owner.getsockname())}`;
    const peer = peerOf(owner);
    return peer === null ? `bound to ${describeAddress(owner.getsockname())}` : `connected to ${describeAddress(peer)}`;
  } catch {
    return null; // closed beneath us
  }
}

function peerOf(socket: Socket): Address | null {
  try {
    return socket.getpeername();
  } catch {
    return null; // a datagram socket, or one whose connection is not there yet
  }
}

function describeAddress(address: Address): string {
  if ('path' in address) return address.path === '' ? 'an unnamed socket' : JSON.stringify(address.path).slice(1, -1);
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** A bound function is called as what it was bound from. */
function plainName(name: string): string {
  return name.replace(/^(bound )+/, '');
}
