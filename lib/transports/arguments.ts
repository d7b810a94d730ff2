/** Argument checks shared by connections and servers. `name` is the argument's name in the error message. */

import { InvalidStateError, outOfRange, wrongType } from '../errors/index.js';
import { AF_UNIX, SOCK_STREAM, Socket } from '../sockets/index.js';

/** Throws a TypeError unless `factory` is a function, and for a class: without `new` it would fail at every connection. */
export function checkFactory(method: string, factory: unknown): void {
  const expected = 'a function that makes a protocol';
  if (typeof factory !== 'function') throw wrongType(`${method}: factory`, expected, factory);
  // Arrow functions have no prototype, so the usual factory is not converted to text.
  if (Object.hasOwn(factory, 'prototype') && /^class\b/.test(Function.prototype.toString.call(factory)))
    throw wrongType(`${method}: factory`, `${expected}, such as () => new ${factory.name || 'Protocol'}()`, factory);
}

/** Throws unless `socket` is an open stream socket, of the given family if there is one. */
export function checkStreamSocket(method: string, socket: unknown, family?: number): asserts socket is Socket {
  if (!(socket instanceof Socket)) throw wrongType(`${method}: socket`, 'a Socket', socket);
  if (socket.type !== SOCK_STREAM) {
    throw outOfRange(`${method}: socket`, 'a stream socket (SOCK_STREAM)', `type ${socket.type}`);
  }
  if (family === AF_UNIX && socket.family !== AF_UNIX) {
    throw outOfRange(`${method}: socket`, 'a UNIX socket (AF_UNIX)', `family ${socket.family}`);
  }
  if (socket.fileno() < 0) throw new InvalidStateError(`${method}: the socket is closed`);
}

/** Throws a TypeError unless the argument is null or undefined, because a socket was given in its place. */
export function checkAbsent(name: string, value: unknown): void {
  if (value !== null && value !== undefined) throw wrongType(name, 'null, because a socket is given', value);
}

/** Throws a TypeError unless an option is undefined or a boolean. */
export function checkFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(name, 'a boolean', value);
}

/** Checks that a name is a string, and returns it. */
export function checkName(name: string, value: unknown): string {
  if (typeof value !== 'string') throw wrongType(name, 'a string', value);
  return value;
}

/** Checks a limit on the number of things. Throws unless it is an integer >= 1, or Infinity for no limit. */
export function checkMaximum(name: string, value: unknown): number {
  const expected = 'an integer >= 1, or Infinity';
  if (typeof value !== 'number') throw wrongType(name, expected, value);
  if (value !== Infinity && !(Number.isSafeInteger(value) && value >= 1)) throw outOfRange(name, expected, value);
  return value;
}
