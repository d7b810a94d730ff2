/**
 * The batch of a loop: receives for all ready connections in one native call, and sends for all of them in another.
 *
 * About as many system calls are made, but no JavaScript runs between them. A system call pollutes the L1 caches and the branch
 * predictor, and page-table isolation adds to it: the same JavaScript takes two to three times as long after each call as in a tight loop
 * (docs/performance.md, "Cold code").
 *
 * - *Receiving.* When a poll finds several sockets readable, the batch receives from those that expect small messages, right after the
 *   poll and up to 128 sockets in a call. Each socket keeps its bytes until its reader runs (`Socket._keepAhead`).
 * - *Sending.* From then on, small writes are copied into one buffer, which leaves at the start of the next iteration. Deferring
 *   ends when an iteration starts with an empty ready queue, because the loop may then sleep. Two writes to one connection, such as a head and a body,
 *   become one send.
 *
 * Apart from timing, batching is invisible. Deferred bytes are flushed by a large write, by asking for the unsent size or the socket,
 * and by the end of the connection, the loop or the process. (One exception: a handler that writes and then blocks the thread until the
 * peer reacts waits forever, because its bytes are still deferred.) Without this folder the library behaves the same but is slower; only the line in `EventLoop` that
 * installs the batch imports it.
 */

import type { BatchedSender, IoBatch } from '../loop/io-batch.js';
import type { LoopCore } from '../loop/loop-core.js';
import { native } from '../native/binding.js';
import type { Socket } from '../sockets/socket.js';
import { MOST_SOCKETS, receiveEach } from '../sockets/receive-each.js';
import { Datagrams } from './datagrams.js';

/** Enough sends to make the cost of the call negligible, and few enough that the first does not wait long for the last. */
const MOST_SENDS = 128;
const ROOM_BYTES = 64 * 1024;

/** The largest write for which the copy costs less than batching saves. */
const SMALL_BYTES = 4096;

/** The batch of one loop. */
export class Batch implements IoBatch {
  readonly datagrams = new Datagrams(() => this.open());
  private readonly readable: Socket[] = [];
  /** For each send: the descriptor, the offset and the number of its bytes; see `sendEach` of the addon. */
  private readonly calls = new Int32Array(3 * MOST_SENDS);
  private readonly senders = new Array<BatchedSender | null>(MOST_SENDS).fill(null);
  private readonly bytes = Buffer.allocUnsafeSlow(ROOM_BYTES);
  deferring = false;
  private sends = 0;
  private used = 0;
  /** True while senders handle the results of a flush: their new writes must not overtake the bytes that they keep. */
  private reporting = false;
  /** True while the 'exit' listener that flushes the batch is installed. */
  private guarded = false;

  constructor(private readonly loop: LoopCore) {
    loop._closeHooks.push(() => this.unguard());
  }

  // --- Receiving ----------------------------------------------------------------------------------------------------

  found(socket: Socket): void {
    this.readable.push(socket);
  }

  afterPoll(): void {
    const { readable } = this;
    if (readable.length === 0) return;
    if (readable.length > 1) {
      this.open();
      for (let from = 0; from < readable.length; from += MOST_SOCKETS) {
        const chosen = readable.slice(from, from + MOST_SOCKETS).filter((socket) => socket._expectsSmall());
        if (chosen.length > 1) receiveEach(chosen, (socket, received) => socket._keepAhead(received));
      }
    }
    readable.length = 0;
  }

  // --- Sending ------------------------------------------------------------------------------------------------------

  /** Starts deferring small writes. The loop ends this with `beforeSleep(true)`. */
  private open(): void {
    this.deferring = true;
    if (this.guarded) return;
    this.guarded = true;
    process.on('exit', this.processExits);
  }

  defer(sender: BatchedSender, fd: number, data: Uint8Array): boolean {
    const { length } = data;
    if (!this.deferring || this.reporting || length > SMALL_BYTES) return false;
    if (!this.hasRoom(sender, length)) {
      this.flush();
      if (!sender._mayDefer()) return false; // the flush has queued some of its bytes, or ended its connection
    }
    this.add(sender, fd, data);
    return true;
  }

  /**
   * Returns true if `length` bytes of the sender fit. A sender whose bytes are in the batch, followed by those of other senders, may not
   * add more: if the first of two sends on one descriptor is partial, the second must not be made.
   */
  private hasRoom(sender: BatchedSender, length: number): boolean {
    if (this.used + length > ROOM_BYTES) return false;
    return this.isLast(sender) || (sender._deferred === 0 && this.sends < MOST_SENDS);
  }

  private isLast(sender: BatchedSender): boolean {
    return this.sends > 0 && this.senders[this.sends - 1] === sender;
  }

  private add(sender: BatchedSender, fd: number, data: Uint8Array): void {
    const { calls, used } = this;
    const { length } = data;
    if (this.isLast(sender)) calls[3 * this.sends - 1]! += length;
    else {
      const at = 3 * this.sends;
      calls[at] = fd;
      calls[at + 1] = used;
      calls[at + 2] = length;
      this.senders[this.sends] = sender;
      this.sends += 1;
    }
    this.bytes.set(data, used);
    this.used = used + length;
    sender._deferred += length;
  }

  closing(fd: number): void {
    this.datagrams.closing(fd);
    for (let i = 0; i < this.sends; i += 1) {
      if (this.calls[3 * i] !== fd) continue;
      this.flush();
      return;
    }
  }

  flush(): void {
    const { calls, sends, senders } = this;
    if (sends === 0) return;
    native.sendEach(calls, sends, this.bytes);
    this.sends = 0;
    this.used = 0;
    let reports: Array<{ sender: BatchedSender; result: number }> | null = null;
    for (let i = 0; i < sends; i += 1) {
      const sender = senders[i]!;
      const length = sender._deferred;
      const result = calls[3 * i + 2]!;
      senders[i] = null;
      sender._deferred = 0;
      if (result === length && sender._needsResult !== true) continue;
      const start = calls[3 * i + 1]!;
      sender._keepRest(result, this.bytes.subarray(start + Math.max(result, 0), start + length));
      (reports ??= []).push({ sender, result });
    }
    if (reports !== null) this.report(reports);
  }

  /** Reports to every sender even if one throws: a sender that is not called would never send the rest of its bytes. */
  private report(reports: ReadonlyArray<{ sender: BatchedSender; result: number }>): void {
    let fatal: { error: unknown } | null = null;
    this.reporting = true;
    for (const { sender, result } of reports) {
      try {
        sender._batchSent(result);
      } catch (error) {
        fatal ??= { error };
      }
    }
    this.reporting = false;
    if (fatal !== null) throw fatal.error;
  }

  beforeSleep(last: boolean): void {
    if (last) this.deferring = false;
    if (!this.loop.isRunning()) this.unguard(); // the run has ended
    this.flush();
  }

  /** Flushes the answers of a server that then calls `process.exit()`. Later writes are sent immediately. */
  private readonly processExits = (): void => {
    this.deferring = false;
    this.flush();
    this.datagrams.flush();
  };

  private unguard(): void {
    process.off('exit', this.processExits);
    this.guarded = false;
  }
}
