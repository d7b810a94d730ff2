/** Names for a trace. No function here may throw, because an instrument must not fail. */

import { describeError, describePath, describeValue } from '../errors/index.js';
import { Handle, TimedHandle } from '../loop/handle.js';
import type { Runnable } from '../loop/runnable.js';
import { type Address, SOL_SOCKET, SO_ACCEPTCONN, Socket, type SocketAddress } from '../sockets/index.js';
import { Continuation } from '../tasks/continuation.js';
import { Task, isFuture } from '../tasks/index.js';
import type { TracedHandle } from './trace-data.js';

/** Returns the kind and the name of a handle. */
export function describeHandle(handle: Runnable): Pick<TracedHandle, 'kind' | 'name'> {
  if (handle instanceof Task) return { kind: 'task', name: describeTask(handle) };
  if (handle instanceof Continuation) return { kind: 'task', name: describeTask(handle.owner as unknown as Task) };
  if (handle instanceof TimedHandle) return { kind: 'timer', name: plainName(handle._name) };
  if (handle instanceof Handle) return { kind: 'callback', name: plainName(handle._name) };
  if (isFuture(handle)) return { kind: 'wait', name: describeWait(handle) };
  const { future } = handle as { future?: unknown };
  return isFuture(future)
    ? { kind: 'wait', name: describeWait(future) }
    : { kind: 'callback', name: handle.toString() };
}

const describeTask = (task: Task): string => `task '${task.getName()}'`;

/** Describes what a task waits for, given the future that it awaits. */
export function describeWait(future: object): string {
  if (future instanceof Task) return describeTask(future);
  const { _describeWait: describe } = future as { _describeWait?: () => string };
  return describe === undefined ? 'a future' : describe.call(future);
}

/** Returns "main()" for the function of a task; "generator" is unchanged, because then the name of the function is not known. */
export function describeCoroutine(label: string): string {
  return label === 'generator' ? label : plainName(`${label}()`);
}

/** Returns the class and the message of an error, in one line. */
export function errorLine(error: unknown): string {
  const [line = ''] = describeError(error).split('\n');
  return line;
}

/** Describes a socket by the address where it listens, or to which it is connected; null for anything else. */
export function describeSocket(owner: object | null): string | null {
  if (!(owner instanceof Socket)) return null;
  try {
    if (owner.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) !== 0)
      return `listening on ${describeAddress(owner.getsockname())}`;
    const peer = peerOf(owner as Socket);
    return peer === null ? `bound to ${describeAddress(owner.getsockname())}` : `connected to ${describeAddress(peer)}`;
  } catch {
    return null; // it has been closed
  }
}

function peerOf(socket: Socket): Address | null {
  try {
    return socket.getpeername();
  } catch {
    return null; // a datagram socket, or one that is not connected yet
  }
}

/** Returns an address as one text. */
export function describeAddress(address: SocketAddress): string {
  if ('path' in address) return describeName(address.path);
  if (!('host' in address)) return Object.values(address).join(':');
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function describeName(path: string | Uint8Array): string {
  if (path.length === 0) return 'an unnamed socket';
  return typeof path === 'string' ? JSON.stringify(path).slice(1, -1) : describePath(path);
}

/** Removes "bound" from the name of a bound function. */
function plainName(name: string): string {
  return name.replace(/^(bound )+/, '');
}

/** Describes the result of a program. Only what cannot be a payload or a secret is shown as it is. */
export function describeResult(result: unknown): string {
  if (result === undefined) return 'nothing';
  if (typeof result === 'string') return 'a string';
  try {
    return Array.isArray(result) ? 'an array' : describeValue(result);
  } catch {
    return 'a value that cannot be shown'; // a proxy, or a class whose name is a getter that throws
  }
}
