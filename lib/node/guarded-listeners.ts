/** Reports errors that the listeners of a server throw. */

import net from 'node:net';

import { isFatal } from '../errors/index.js';
import { captureContext } from '../loop/context.js';
import { enterCarrier, leaveCarrier } from '../loop/current-carrier.js';
import type { LoopCore } from '../loop/loop-core.js';

/** Called before the listeners of an event that concerns a connection, with the first two arguments of the event. */
export type OnEvent = (name: string | symbol, first: unknown, second: unknown) => void;

/** The part of a socket that is used here. The socket of an HTTP/2 request is only a proxy. */
interface Destroyable {
  destroy(): unknown;
}

/**
 * Runs the listeners of a server in the context of the caller. An error that a listener throws goes to the loop's exception handler, and
 * the connection of the event is destroyed; Node calls these listeners from its parser, where an error would be an uncaught exception of
 * the process. Lasts until the server has emitted 'close'.
 *
 * @returns a function that ends this earlier
 */
export function guardListeners(loop: LoopCore, server: net.Server, onEvent: OnEvent): () => void {
  const carrier = { _context: captureContext(), _carriedTask: null };
  const before = Object.getOwnPropertyDescriptor(server, 'emit');
  const emit = server.emit.bind(server) as (name: string | symbol, ...args: unknown[]) => boolean;
  const guarded = (name: string | symbol, ...args: unknown[]): boolean => {
    if (name === 'close') end();
    const socket = socketOf(args);
    if (socket === null && name !== 'drop') return emit(name, ...args);
    const previous = enterCarrier(carrier);
    try {
      onEvent(name, args[0], args[1]);
      return emit(name, ...args);
    } catch (exception) {
      if (isFatal(exception)) throw exception;
      loop.callExceptionHandler({ message: `a listener of ${String(name)} of the server failed`, exception });
      socket?.destroy();
      return true;
    } finally {
      leaveCarrier(previous);
    }
  };
  const end = (): void => {
    if (server.emit !== guarded) return; // other code has replaced `emit` since, and calls this one
    if (before === undefined) delete (server as Partial<net.Server>).emit;
    else Object.defineProperty(server, 'emit', before);
  };
  server.emit = guarded;
  return end;
}

/** Returns the connection of an event: one of its arguments, or the socket of the request in the first argument. */
function socketOf(args: readonly unknown[]): Destroyable | null {
  const [first, second] = args;
  if (first instanceof net.Socket) return first;
  if (second instanceof net.Socket) return second;
  return (first as { socket?: Destroyable } | null | undefined)?.socket ?? null;
}
