/**
 * The datagrams of a loop's endpoints: all that are ready on a socket are received in one system call (recvmmsg), and what the protocol
 * sends meanwhile leaves in another (sendmmsg).
 *
 * It applies to UDP only, whose datagrams have a largest size. Apart from timing it is invisible: everything is sent before `receive`
 * returns, in order, and a protocol that closes its endpoint gets no further datagram.
 */

import { EAGAIN } from '../sockets/errno.js';
import { AF_INET, AF_INET6, type Address, DatagramBatch, SOCK_DGRAM, type Socket } from '../sockets/index.js';
import { Buffer } from '../platform/bytes.js';
import type { BatchedEndpoint, DatagramExchange } from '../loop/io-batch.js';

/** Enough to make the cost of the call negligible. */
const MOST = 64;
/** The number to try first: a record for each is prepared before each call. */
const FEW = 8;
/** The length field of UDP has 16 bits. */
const LONGEST = 65_535;

/** By family. Pages of a slot that no long datagram has used take no memory. */
const incoming = new Map<number, DatagramBatch>();

function batchFor(batches: Map<number, DatagramBatch>, family: number): DatagramBatch {
  let batch = batches.get(family);
  if (batch === undefined) {
    batch = new DatagramBatch({ capacity: MOST, size: LONGEST, family });
    batches.set(family, batch);
  }
  return batch;
}

interface Datagram {
  readonly data: Buffer;
  readonly address: Address | null;
}

/** Returns copies: the protocol may keep its datagrams, and may cause the next receive. */
function copiesOf(batch: DatagramBatch): Datagram[] {
  return Array.from({ length: batch.length }, (_, i) => ({
    data: Buffer.from(batch.data(i)),
    address: batch.address(i),
  }));
}

/** The exchange of one loop. */
export class Datagrams implements DatagramExchange {
  /** How many to receive: adapts to what arrives. */
  private room = FEW;
  /** The endpoint whose datagrams are being delivered, and its socket. */
  private current: { readonly endpoint: BatchedEndpoint; readonly socket: Socket } | null = null;
  /** What it has sent. */
  private answers: DatagramBatch | null = null;
  private readonly outgoing = new Map<number, DatagramBatch>();

  /** @param opening called before the first send is deferred */
  constructor(private readonly opening: () => void) {}

  receive(socket: Socket, endpoint: BatchedEndpoint): boolean {
    const { family } = socket;
    const isUdp = (family === AF_INET || family === AF_INET6) && socket.type === SOCK_DGRAM;
    if (!isUdp || this.current !== null) return false;
    const batch = batchFor(incoming, family);
    const count = batch._receive(socket.fileno(), this.room, 0);
    if (count < 0) {
      endpoint._received(count);
      return true;
    }
    this.room = Math.min(Math.max(2 * count, FEW), MOST);
    this.deliver(copiesOf(batch), socket, endpoint);
    return true;
  }

  private deliver(datagrams: readonly Datagram[], socket: Socket, endpoint: BatchedEndpoint): void {
    this.current = { endpoint, socket };
    try {
      for (const datagram of datagrams) {
        if (!endpoint._isReceiving()) break;
        endpoint._received(datagram);
      }
    } finally {
      this.flush();
      this.current = null;
    }
  }

  defer(endpoint: BatchedEndpoint, data: Uint8Array, address: Address | null): boolean {
    const { current } = this;
    if (current?.endpoint !== endpoint) return false;
    if (data.length > LONGEST) {
      this.flush(); // it must not overtake those before it
      return false;
    }
    if (this.answers === null) this.opening();
    this.answers ??= batchFor(this.outgoing, current.socket.family);
    this.answers.add(data, address);
    if (this.answers.length === MOST) this.flush();
    return true;
  }

  flush(): void {
    const { answers, current } = this;
    if (answers === null || current === null) return;
    this.answers = null;
    this.current = null; // what is sent in reply to an error leaves without a batch
    send(answers, current.socket, current.endpoint);
    answers.clear();
    this.current = current;
  }

  closing(fd: number): void {
    if (this.current?.socket.fileno() === fd) this.flush();
  }
}

/** Sends the datagrams in order. The endpoint learns of each that the kernel refuses, and of those for which it has no room. */
function send(batch: DatagramBatch, socket: Socket, endpoint: BatchedEndpoint): void {
  for (let i = 0; i < batch.length;) {
    const sent = batch._send(socket.fileno(), i, 0);
    if (sent >= 0) {
      i += sent;
      continue;
    }
    const until = sent === EAGAIN ? batch.length : i + 1;
    for (; i < until; i += 1) endpoint._refused(sent, batch.data(i), batch.address(i));
  }
}
