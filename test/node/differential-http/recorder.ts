/**
 * Records the events at the server's end in one list: those of the server and of its sockets, requests and responses.
 *
 * An emitter is observed by replacing its `emit`, never by listening: whether there are listeners for 'clientError', 'upgrade' and
 * 'timeout' decides what Node does.
 */

import type { EventEmitter } from 'node:events';
import { IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** The number and timing of these events depend on how the kernel splits the bytes. All other events are the same in every run. */
const NOT_RECORDED = new Set(['data', 'readable', 'drain', 'pause', 'resume', 'newListener', 'removeListener']);
/** Has no counterpart: over https this event concerns the connection below, which `serveHttp` with `tls` does not emit. */
const NOT_OF_A_SERVER = new Set(['listening', 'keylog', 'newSession', 'resumeSession', 'OCSPRequest']);
/** Events of TLS sockets only, emitted during the handshake, before the server emits the socket. */
const OF_A_HANDSHAKE = new Set(['secure', 'session', 'OCSPResponse', 'keylog', '_tlsError']);

/** The lines about each emitter, in order; those of the scenario itself are together. */
export function byEmitter(lines: readonly string[]): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const line of lines) {
    const emitter = /^(server|(socket|request|response) \d+): /.exec(line)?.[1] ?? 'scenario';
    (result[emitter] ??= []).push(line);
  }
  return result;
}

/** One run's lines. */
export class Recorder {
  readonly lines: string[] = [];
  /** How the server closed. */
  readonly closing: string[] = [];
  private readonly names = new Map<object, string>();
  private readonly open = new Map<Socket, Promise<unknown>>();
  private readonly waiters = new Set<() => void>();
  private readonly counts = { socket: 0, request: 0 };

  /** @param secure record the TLS sockets of the server, and not the connections below them */
  constructor(private readonly secure: boolean) {}

  readonly note = (line: string): void => this.write(this.lines, line);

  /**
   * Adds a line about the end of the server. These lines are listed separately, because one order differs on purpose: Node emits the server's
   * 'close' before that of the last socket, `serveHttp` after it.
   */
  readonly noteClosing = (line: string): void => this.write(this.closing, line);

  /** Waits until `times` lines contain the text. */
  readonly seen = async (text: string, times = 1): Promise<void> => {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        const matching = [...this.lines, ...this.closing].filter((line) => line.includes(text));
        if (matching.length < times) return;
        this.waiters.delete(check);
        resolve();
      };
      this.waiters.add(check);
      check();
    });
  };

  observeServer(server: Server): void {
    this.names.set(server, 'server');
    this.observe(server, (event, args) => {
      if (NOT_OF_A_SERVER.has(event)) return;
      const [first] = args;
      if (event === 'close') this.noteClosing('server: close()');
      else if (event !== 'connection' && event !== 'secureConnection') this.note(`server: ${this.call(event, args)}`);
      else if (!this.names.has(first as object) && this.secure === 'encrypted' in (first as object))
        this.note(`server: connection(${this.nameOf(first)})`);
    });
  }

  /** Waits until the sockets that were seen so far have emitted 'close'. */
  async socketsClosed(): Promise<void> {
    await Promise.all(this.open.values());
  }

  private write(list: string[], line: string): void {
    list.push(line);
    for (const check of this.waiters) check();
  }

  /** Replaces `emit`. Records an event before its listeners run. */
  private observe(emitter: EventEmitter, onEvent: (event: string, args: readonly unknown[]) => void): void {
    const emit = emitter.emit.bind(emitter);
    emitter.emit = (event: string | symbol, ...args: unknown[]) => {
      if (typeof event === 'string' && !NOT_RECORDED.has(event)) onEvent(event, args);
      return emit(event, ...args);
    };
  }

  /** The name of a socket, request or response; one that is new is observed from then on. */
  private nameOf(thing: unknown): string {
    const known = this.names.get(thing as object);
    if (known !== undefined) return known;
    if (thing instanceof IncomingMessage) {
      this.counts.request += 1;
      return this.introduce(thing, `request ${this.counts.request}`, () => {
        const { complete, destroyed, readableEnded, errored } = thing;
        return { complete, destroyed, readableEnded, errored: this.show(errored) };
      });
    }
    if (thing instanceof ServerResponse) {
      return this.introduce(thing, `response ${this.counts.request}`, () => {
        const { headersSent, writableEnded, writableFinished, destroyed } = thing;
        return { headersSent, writableEnded, writableFinished, destroyed };
      });
    }
    if (!(thing instanceof Socket)) return typeof thing;
    this.counts.socket += 1;
    // A handshake may fail by closing: such a socket is seen while it emits 'close'.
    if (!thing.closed) this.open.set(thing, new Promise((resolve) => thing.once('close', resolve)));
    return this.introduce(thing, `socket ${this.counts.socket}`, () => {
      const { destroyed, readableEnded, writableFinished, errored, bytesRead, bytesWritten } = thing;
      const bytes = this.secure ? {} : { bytesRead, bytesWritten }; // over TLS they count records
      return { destroyed, readableEnded, writableFinished, errored: this.show(errored), ...bytes };
    });
  }

  private introduce(thing: EventEmitter, name: string, stateOf: () => object): string {
    this.names.set(thing, name);
    this.observe(thing, (event, args) => {
      if (OF_A_HANDSHAKE.has(event)) return;
      const state = event === 'close' ? ` ${JSON.stringify(stateOf())}` : '';
      this.note(`${name}: ${this.call(event, args)}${state}`);
    });
    return name;
  }

  private call(event: string, args: readonly unknown[]): string {
    return `${event}(${args.map((argument) => this.show(argument)).join(', ')})`;
  }

  private show(value: unknown): string {
    if (value instanceof Error) return (value as NodeJS.ErrnoException).code ?? value.message;
    if (Buffer.isBuffer(value)) return `"${value.toString('latin1')}"`;
    if (value instanceof IncomingMessage) return `${this.nameOf(value)}: ${value.method} ${value.url}`;
    if (typeof value !== 'object' || value === null) return String(value);
    if (value instanceof Socket || value instanceof ServerResponse) return this.nameOf(value);
    return `{${Object.keys(value).join(', ')}}`;
  }
}
