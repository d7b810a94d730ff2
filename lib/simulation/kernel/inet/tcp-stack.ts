/** TCP on one host: finds the socket that a segment is for. */

import type { Endpoint } from '../addresses.js';
import { Journal } from '../journal.js';
import type { InetSocket } from './inet-socket.js';
import type { Ports } from './ports.js';
import { type Segment, makeSegment } from './segment.js';

/** A socket that receives segments. */
export interface SegmentReceiver {
  receiveSegment(segment: Segment): void;
}

/** The journals of all streams, which the hosts share: one for each direction of each connection. */
export class Journals {
  private readonly streams = new Map<string, Journal>();

  /** Returns a new journal for the stream between two ends. */
  start(from: Endpoint, to: Endpoint): Journal {
    const journal = new Journal('TCP connection');
    this.streams.set(keyOf(from, to), journal);
    return journal;
  }

  of(from: Endpoint, to: Endpoint): Journal | null {
    return this.streams.get(keyOf(from, to)) ?? null;
  }

  /** Forgets a stream whose receiver is gone. */
  end(from: Endpoint, to: Endpoint): void {
    this.streams.delete(keyOf(from, to));
  }
}

export class TcpStack {
  private readonly connections = new Map<string, InetSocket & SegmentReceiver>();

  /** @param send sends a segment to the host that it is addressed to */
  constructor(
    readonly ports: Ports<InetSocket>,
    readonly journals: Journals,
    readonly send: (segment: Segment) => void,
  ) {}

  /** Adds a connection. Returns false if there is one between the same ends. */
  add(socket: InetSocket & SegmentReceiver): boolean {
    const key = keyOf(socket.local, socket.remote!);
    if (this.connections.has(key)) return false;
    this.connections.set(key, socket);
    return true;
  }

  /** Removes a connection. Its ends must not have changed since it was added. */
  remove(socket: InetSocket & SegmentReceiver): void {
    const key = keyOf(socket.local, socket.remote!);
    if (this.connections.get(key) === socket) this.connections.delete(key);
  }

  /** Passes an arriving segment to its connection, or to a listener. A segment for neither is answered with RST. */
  deliver(segment: Segment): void {
    const connection = this.connections.get(keyOf(segment.to, segment.from));
    if (connection !== undefined) {
      connection.receiveSegment(segment);
      return;
    }
    const listener = this.ports.find(segment.to).find((socket) => socket.isListening);
    const isRequest = segment.syn && !segment.ack;
    if (listener !== undefined && isRequest) (listener as InetSocket & SegmentReceiver).receiveSegment(segment);
    else if (!segment.rst) this.send(makeSegment({ from: segment.to, to: segment.from }, { rst: true }));
  }

  /** All connections. */
  all(): Iterable<InetSocket & SegmentReceiver> {
    return this.connections.values();
  }
}

const keyOf = (local: Endpoint, remote: Endpoint): string =>
  `${local.host} ${local.port} ${remote.host} ${remote.port}`;
