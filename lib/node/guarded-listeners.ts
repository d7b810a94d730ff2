/** Reports errors that the listeners of a server throw. */

import { EventEmitter } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { Duplex } from 'node:stream';

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
 * The property by which Node enables `captureRejections` of an emitter, which can otherwise only be set when the emitter is made. Undefined
 * if a version of Node has another: then rejections of async listeners are unhandled, as after `listen`. test/node/listening.test.ts fails if
 * that changes.
 */
const captures = Object.getOwnPropertySymbols(EventEmitter.prototype).find((key) => key.description === 'kCapture');

const rejection: typeof EventEmitter.captureRejectionSymbol = EventEmitter.captureRejectionSymbol;

/**
 * Runs the listeners of a server in the context of the caller. An error that a listener throws, or with which the promise of an async listener
 * rejects, goes to the loop's exception handler, and the client gets a response with the status 500 if none has begun; otherwise the
 * connection of the event is destroyed. Node calls these listeners from its parser, where an error would be an uncaught exception of the
 * process. Lasts until the server has emitted 'close'.
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
      failed(name, exception, args);
      return true;
    } finally {
      leaveCarrier(previous);
    }
  };
  const failed = (name: string | symbol, exception: unknown, args: readonly unknown[]): void => {
    loop.callExceptionHandler({ message: `a listener for '${String(name)}' of the http server failed`, exception });
    if (!answeredWith500(args[1])) (socketOf(args) ?? streamOf(args))?.destroy();
  };
  const stopCapturing = captureRejections(server, failed);
  const end = (): void => {
    stopCapturing();
    if (server.emit !== guarded) return; // other code has replaced `emit` since, and calls this one
    if (before === undefined) delete (server as Partial<net.Server>).emit;
    else Object.defineProperty(server, 'emit', before);
  };
  server.emit = guarded;
  return end;
}

/** The handlers of rejections that this module has set; they stay, because a listener may reject after its server is closed. */
const ownHandlers = new WeakSet();

/** Calls `failed` for each listener whose promise rejects, unless the program has set a handler of rejections itself. */
function captureRejections(
  server: net.Server,
  failed: (name: string | symbol, exception: unknown, args: readonly unknown[]) => void,
): () => void {
  const target = server as unknown as Record<symbol, unknown>;
  const present = Object.hasOwn(target, rejection) ? (target[rejection] as object) : null;
  if (captures === undefined || (present !== null && !ownHandlers.has(present))) return () => undefined;
  const own = Object.getOwnPropertyDescriptor(target, captures);
  target[captures] = true;
  const handler = (exception: unknown, name: string | symbol, ...args: unknown[]): void =>
    failed(name, exception, args);
  ownHandlers.add(handler);
  target[rejection] = handler;
  return () => {
    if (own === undefined) Reflect.deleteProperty(target, captures);
    else Object.defineProperty(target, captures, own);
  };
}

/** Returns true for a response of `node:http` or `node:http2`. */
function isResponse(value: unknown): value is http.ServerResponse {
  return typeof (value as Partial<http.ServerResponse> | null | undefined)?.getHeaderNames === 'function';
}

/** Answers a request as Node does for rejections that it captures; returns false if that is impossible. */
function answeredWith500(response: unknown): boolean {
  if (!isResponse(response) || response.headersSent || response.writableEnded) return false;
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = 500;
  response.end(http.STATUS_CODES[500]);
  return true;
}

/** Returns the HTTP/2 stream of the event 'stream'. */
function streamOf([first]: readonly unknown[]): Destroyable | null {
  return first instanceof Duplex ? first : null;
}

/** Returns the connection of an event: one of its arguments, or the socket of the request in the first argument. */
function socketOf(args: readonly unknown[]): Destroyable | null {
  const [first, second] = args;
  if (first instanceof net.Socket) return first;
  if (second instanceof net.Socket) return second;
  return (first as { socket?: Destroyable } | null | undefined)?.socket ?? null;
}
