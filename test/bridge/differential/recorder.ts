/** Records a socket as text: its events with their arguments, in order, and its public state. */

import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { Stream } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Not compared: how often 'readable' is emitted depends on how the kernel splits the bytes, and listeners belong to the scenario. */
const IGNORED_EVENTS = ['readable', 'newListener', 'removeListener'];
const LONGEST_TEXT = 40;
const LIBRARY = fileURLToPath(new URL('../../../lib/', import.meta.url));

/** The properties that are compared when a scenario is over. */
const STATE = [
  'allowHalfOpen',
  'bytesRead',
  'bytesWritten',
  'closed',
  'connecting',
  'destroyed',
  'pending',
  'readable',
  'readableAborted',
  'readableDidRead',
  'readableEnded',
  'readableFlowing',
  'readableLength',
  'readyState',
  'timeout',
  'writable',
  'writableCorked',
  'writableEnded',
  'writableFinished',
  'writableLength',
  'writableNeedDrain',
] as const satisfies ReadonlyArray<keyof Socket>;

/** Records what a socket emits. It adds no listener, so it changes neither the flow of data nor what an error does. */
export class Recorder {
  private readonly entries: string[] = [];
  private readonly ignored = new Set(IGNORED_EVENTS);
  private readonly counts = new Map<string, number>();
  private readonly waiters = new Map<string, () => void>();
  /** Chunks of 'data' since the last other entry, joined because the kernel decides how to split the bytes. */
  private chunks: Array<Buffer | string> = [];

  constructor(private readonly socket: Socket) {
    const emit = socket.emit.bind(socket) as (event: string | symbol, ...args: unknown[]) => boolean;
    socket.emit = ((event: string | symbol, ...args: unknown[]): boolean => {
      this.record(event, args);
      return emit(event, ...args);
    }) as Socket['emit'];
  }

  /** Adds a line of the scenario, such as the call of a callback. */
  note(text: string, ...values: unknown[]): void {
    this.flush();
    this.entries.push([text, ...values.map(describe)].join(' '));
  }

  /** Omits an event whose place in the log depends on the kernel. */
  ignore(event: string): void {
    this.ignored.add(event);
  }

  /** Returns a callback that logs its calls and their arguments. */
  callback(name: string): (...args: unknown[]) => void {
    return (...args) => this.note(`${name} called back`, ...args);
  }

  /** Logs the result or error of `act`. */
  attempt(name: string, act: () => unknown): void {
    try {
      const result = act();
      this.note(`${name} returns`, result === this.socket ? '<the socket>' : result);
    } catch (error) {
      this.note(`${name} throws`, error);
    }
  }

  /** Resolves after the socket has emitted `event`, now or before. */
  async until(event: string, count = 1): Promise<void> {
    while ((this.counts.get(event) ?? 0) < count) await this.next(event);
  }

  /** The log so far. */
  log(): string[] {
    this.flush();
    return [...this.entries];
  }

  /** The socket's state now. */
  state(): Record<string, unknown> {
    const { socket } = this;
    const state: Record<string, unknown> = {};
    for (const name of STATE) state[name] = socket[name];
    state.errored = describe(socket.errored);
    return state;
  }

  private next(event: string): Promise<void> {
    return new Promise((resolve) => this.waiters.set(event, resolve));
  }

  private record(event: string | symbol, args: unknown[]): void {
    const name = String(event);
    if (name === 'data') this.chunks.push(args[0] as Buffer | string);
    else if (!this.ignored.has(name)) this.note(`'${name}'`, ...args);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    const wake = this.waiters.get(name);
    this.waiters.delete(name);
    if (wake !== undefined) queueMicrotask(wake); // after the listeners of this event
  }

  private flush(): void {
    const { chunks } = this;
    if (chunks.length === 0) return;
    this.chunks = [];
    const text = chunks.some((chunk) => typeof chunk === 'string');
    this.entries.push(`'data' ${text ? describe(chunks.join('')) : describe(Buffer.concat(chunks as Buffer[]))}`);
  }
}

/** Formats a value for the log. Long data becomes its length and hash. */
export function describe(value: unknown): string {
  if (value instanceof Error) return describeError(value);
  if (value instanceof Uint8Array)
    return `bytes ${describeData(value, (short) => Buffer.from(short).toString('latin1'))}`;
  if (typeof value === 'string') return describeData(value, (short) => short);
  if (typeof value === 'function') return '<function>';
  if (typeof value === 'symbol') return String(value);
  if (value instanceof Stream) return '<a stream>';
  return JSON.stringify(value) ?? 'undefined';
}

function describeData<T extends string | Uint8Array>(data: T, text: (short: T) => string): string {
  if (data.length <= LONGEST_TEXT) return JSON.stringify(text(data));
  return `of length ${data.length}, hash ${createHash('sha1').update(data).digest('hex').slice(0, 8)}`;
}

/** The name, the message and the properties that Node adds. A frame of this library in the stack is a fault. */
function describeError(error: Error): string {
  const { code, syscall, errno } = error as NodeJS.ErrnoException;
  const facts = [error.name, code, syscall, errno].filter((fact) => fact !== undefined).join(' ');
  const leak = error.stack?.includes(LIBRARY) === true ? ' with frames of the library' : '';
  return `<${facts}: ${error.message}>${leak}`;
}
