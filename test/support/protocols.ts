/** Protocols that log their calls, and connections to try them on. */

import {
  type BufferedProtocol,
  type ExceptionContext,
  Future,
  type Protocol,
  type Steps,
  type StreamProtocol,
  type Transport,
  connectAcceptedSocket,
  getRunningLoop,
  sleep,
} from 'selectloop';
import type { Socket } from 'selectloop/sockets';

import { collectErrors } from './loops.js';
import type { Opened } from './sockets.js';

/** Logs every call: 'made', 'data hello', 'eof', 'pause', 'resume', 'lost null' or 'lost ECONNRESET'. */
export class Recording implements Protocol {
  readonly log: string[] = [];
  readonly chunks: Buffer[] = [];
  /** Done when the connection is lost, with the error. */
  readonly lost = new Future<unknown>();
  transport!: Transport;

  /** @param hooks called after the call was logged */
  constructor(private readonly hooks: Protocol = {}) {}

  get received(): string {
    return Buffer.concat(this.chunks).toString();
  }

  connectionMade(transport: Transport): void {
    this.log.push('made');
    this.transport = transport;
    this.hooks.connectionMade?.(transport);
  }

  dataReceived(data: Buffer): void {
    this.log.push(`data ${data.length > 20 ? data.length : data.toString()}`);
    this.chunks.push(data);
    this.hooks.dataReceived?.(data);
  }

  eofReceived(): boolean | void {
    this.log.push('eof');
    return this.hooks.eofReceived?.();
  }

  connectionLost(error: unknown): void {
    const code = (error as { code?: string } | null)?.code;
    this.log.push(`lost ${code ?? String(error)}`);
    if (!this.lost.done()) this.lost.setResult(error);
    this.hooks.connectionLost?.(error);
  }

  pauseWriting(): void {
    this.log.push('pause');
    this.hooks.pauseWriting?.();
  }

  resumeWriting(): void {
    this.log.push('resume');
    this.hooks.resumeWriting?.();
  }
}

/** Receives into its own buffer. */
export class BufferedRecording extends Recording implements BufferedProtocol {
  readonly hints: number[] = [];

  constructor(
    readonly buffer: Uint8Array,
    hooks?: Protocol,
  ) {
    super(hooks);
  }

  getBuffer(sizeHint: number): Uint8Array {
    this.hints.push(sizeHint);
    return this.buffer;
  }

  bufferUpdated(count: number): void {
    this.log.push(`updated ${count}`);
    this.chunks.push(Buffer.from(this.buffer.subarray(0, count)));
  }
}

/** A transport for `protocol` on one end of a socket pair, and the other end. */
export function* connected<P extends StreamProtocol>(
  opened: Opened,
  protocol: P,
  pair: [Socket, Socket] = opened.pair(),
): Steps<{ transport: Transport; peer: Socket; socket: Socket; protocol: P }> {
  const [socket, peer] = pair;
  const { transport } = yield* connectAcceptedSocket(() => protocol, socket);
  return { transport, peer, socket, protocol };
}

/** Yields until a condition is true; an Error after five seconds. */
export function* until(condition: () => boolean, what = String(condition)): Steps<void> {
  const end = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`still waiting until ${what}`);
    yield* sleep(0.5);
  }
}

/** Collects the contexts passed to the running loop's exception handler, as `collectErrors` does. */
export function errorsOfLoop(): ExceptionContext[] {
  return collectErrors(getRunningLoop());
}

/** All bytes that a non-blocking socket has now; null at EOF. */
export function drained(socket: Socket): string | null {
  let text = '';
  for (;;) {
    const data = socket.recvEx(65_536);
    if (typeof data === 'number') return text;
    if (data.length === 0) return text === '' ? null : text;
    text += data.toString();
  }
}

/** Replaces the sends of one socket: `sendEx` returns `results` in turn, and then sends. Returns a log of the bytes it was given. */
export function scriptedSend(socket: Socket, results: number[]): string[] {
  const asked: string[] = [];
  const send = socket.sendEx.bind(socket);
  const sendMsg = socket.sendMsgEx.bind(socket);
  socket.sendEx = (data, offset, length, flags) => {
    asked.push(Buffer.from(data.subarray(offset, offset + length)).toString());
    const next = results.shift();
    if (next === undefined || next < 0) return next ?? send(data, offset, length, flags);
    return send(data, offset, Math.min(next, length), flags);
  };
  socket.sendMsgEx = (buffers, flags) => {
    asked.push(buffers.map((buffer) => Buffer.from(buffer).toString()).join('|'));
    const next = results.shift();
    if (next === undefined || next < 0) return next ?? sendMsg(buffers, flags);
    const part = Buffer.concat(buffers).subarray(0, next);
    return part.length === 0 ? 0 : send(part, 0, part.length);
  };
  return asked;
}
