/** One connected viewer, in the inspector thread. */

import type { Socket } from 'node:net';

import {
  LONGEST_LINE,
  PROTOCOL_VERSION,
  ProtocolError,
  type ControlRequest,
  type HelloRequest,
  type Level,
  type TableName,
  type ThreadLine,
  type WantRequest,
  parseRequest,
} from './protocol.js';
import type { Order } from './asking.js';

/** What a viewer wants to see again and again. */
interface Subscription {
  readonly request: WantRequest;
  dueMs: number;
  /** For its first answer a person waits. */
  isFirst: boolean;
  /** A request for it is on its way. */
  asked: boolean;
}

const SILENCE_INTERVAL_MS = 500;

/** Reads the requests of a viewer and writes its answers. */
export class Viewer {
  /** The level that it asks for. */
  level: Level = 'look';
  /** Whether it has asked for control. */
  wantsControl = false;
  /** Whether it has controlled the loop. */
  controls = false;
  /** Whether it has chosen a level: it is a page, and not a command that asks for a table. */
  watches = false;
  private greeted = false;
  private rest = '';
  private ending = false;
  private readonly subscriptions = new Map<TableName, Subscription>();

  private silentAtMs = -Infinity;

  /** @param greeting returns the first lines for it; @param ask sends a request to the loop; returns false if too many are waiting */
  constructor(
    private readonly socket: Socket,
    private readonly greeting: () => readonly ThreadLine[],
    private readonly ask: (order: Order, repeated: boolean) => boolean,
    private readonly levelChanged: () => void,
    private readonly control: (request: ControlRequest) => void,
  ) {
    socket.setEncoding('utf8');
    socket.on('data', (text) => this.received(String(text)));
    socket.on('drain', () => socket.resume());
    socket.on('error', () => undefined); // 'close' follows
  }

  /** Asks for the tables that are due, unless the viewer has not read its earlier answers yet: it gets the latest state, not a queue. */
  tick(nowMs: number): void {
    if (this.socket.writableNeedDrain) return;
    for (const [table, subscription] of this.subscriptions) {
      if (subscription.asked || nowMs < subscription.dueMs) continue;
      subscription.asked = this.order(table, subscription.request, !subscription.isFirst);
      subscription.dueMs = nowMs + subscription.request.everyMs;
    }
  }

  /** Writes an answer of the loop, the text of a JSON value. */
  answer(table: TableName, text: string): void {
    const subscription = this.subscriptions.get(table);
    if (subscription !== undefined) Object.assign(subscription, { asked: false, isFirst: false });
    this.writeText(text);
  }

  /** The loop has not answered for some time: informs the viewer, at most twice a second. */
  silent(forMs: number): void {
    const nowMs = performance.now();
    if (!this.greeted || this.socket.writableNeedDrain || nowMs - this.silentAtMs < SILENCE_INTERVAL_MS) return;
    this.silentAtMs = nowMs;
    this.write({ silent: forMs });
  }

  /** Closes the connection after a last line, at most `graceMs` later. */
  end(reason: string, graceMs = 1000): void {
    if (this.ending) return;
    this.write({ bye: reason });
    this.ending = true;
    this.subscriptions.clear();
    this.socket.end();
    const timer = setTimeout(() => this.socket.destroy(), graceMs);
    this.socket.on('finish', () => this.socket.destroySoon());
    this.socket.on('close', () => clearTimeout(timer));
  }

  private received(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') this.handle(line);
    if (this.rest.length > LONGEST_LINE) this.end(`a line is longer than ${LONGEST_LINE} characters`);
  }

  private handle(line: string): void {
    if (this.ending) return;
    try {
      const request = parseRequest(line);
      if ('hello' in request) this.greet(request);
      else if (!this.greeted) throw new ProtocolError('expected hello first');
      else if ('level' in request) {
        this.level = request.level;
        this.watches = true;
        this.levelChanged();
      } else if ('want' in request) this.want(request);
      else {
        this.control(request);
        this.controls = true;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.write({ error: error.message });
    }
  }

  private greet({ hello: version, control }: HelloRequest): void {
    if (version !== PROTOCOL_VERSION) {
      this.end(`this process speaks version ${PROTOCOL_VERSION} of the protocol, the viewer version ${version}`);
      return;
    }
    this.greeted = true;
    this.wantsControl = control;
    for (const line of this.greeting()) this.write(line);
  }

  private want(request: WantRequest): void {
    if (request.want.length === 0) this.subscriptions.clear();
    for (const table of request.want) {
      this.subscriptions.delete(table);
      if (request.everyMs === 0) {
        if (!this.order(table, request, false)) throw new ProtocolError('too many requests: wait for the answers');
      } else this.subscriptions.set(table, { request, dueMs: 0, isFirst: true, asked: false });
    }
    this.tick(performance.now());
  }

  private order(table: TableName, { filter, sort, limit, places }: WantRequest, repeated: boolean): boolean {
    return this.ask({ table, filter, sort, limit, places }, repeated);
  }

  /** Writes a line that every viewer gets, unless it has not said hello, or reads slowly. */
  inform(line: ThreadLine): void {
    if (this.greeted && !this.socket.writableNeedDrain) this.write(line);
  }

  private write(line: ThreadLine): void {
    this.writeText(JSON.stringify(line));
  }

  private writeText(text: string): void {
    if (this.ending || !this.socket.writable) return;
    if (!this.socket.write(`${text}\n`)) this.socket.pause(); // a viewer that does not read is not read either
  }
}
