/**
 * Receiving and sending for all ready connections in one native call each.
 *
 * It costs as many system calls as one after the other would, but no JavaScript runs between them. A system call leaves little of
 * what the caches and the TLB held (with page-table isolation nothing of the TLB), so the same JavaScript, run once after each
 * call, takes two to three times as long as run for a hundred messages after a hundred calls.
 *
 * - *Receiving.* When a poll finds several sockets readable, all of them are received from at once, and each keeps what it got until
 *   its reader runs (`Socket._keepAhead`).
 * - *Sending.* From then until the loop is about to sleep, small writes are copied into one buffer, and leave together. Two writes
 *   to one connection, a head and a body, become one send.
 *
 * Apart from timing, batching is invisible. Asking how much is unsent, asking for the socket, a large write, the end of a
 * connection, of the loop and of the process send what is deferred first. (A handler that blocks the thread until its answer has
 * had an effect blocks indefinitely.) Without this folder the library works the same, slower: nothing imports it but the line in
 * `EventLoop` that installs it.
 */

import type { BatchedSender, IoBatch } from '../loop/io-batch.js';
import type { LoopCore } from '../loop/loop-core.js';
import { native } from '../native/binding.js';
import type { Socket } from '../sockets/socket.js';
import { MOST_SOCKETS, receiveEach } from '../sockets/receive-each.js';

/** Enough sends for the call to cost nothing, and few enough for the first not to wait long for the last. */
const MOST_SENDS = 128;
const ROOM_BYTES = 64 * 1024;

/** Up to here a copy costs less than what is saved by sending with others. */
const SMALL_BYTES = 4096;

/** The batch of one loop. */
export class Batch implements IoBatch {
  private readonly readable: Socket[] = [];
  /** For each send: descriptor, where its bytes begin, how many; see `sendEach` of the addon. */
  private readonly calls = new Int32Array(3 * MOST_SENDS);
  private readonly senders = new Array<BatchedSender | null>(MOST_SENDS).fill(null);
  private readonly bytes = Buffer.allocUnsafeSlow(ROOM_BYTES);
  private sends = 0;
  private used = 0;
  /** True while senders act on what was sent: what they write must not come before what they keep. */
  private reporting = false;
  /** True while the process is told to send what is deferred before it exits. */
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

  /** Small writes are deferred from now on, until everything that is ready has run. */
  private open(): void {
    this.loop._beforeSleep = this.sendDeferred;
    if (this.guarded) return;
    this.guarded = true;
    process.on('exit', this.processExits);
  }

  defer(sender: BatchedSender, fd: number, data: Uint8Array): boolean {
    const { length } = data;
    if (this.loop._beforeSleep === null || this.reporting || length > SMALL_BYTES) return false;
    if (!this.hasRoom(sender, length)) {
      this.flush();
      if (!sender._mayDefer()) return false; // some of its bytes are in a queue now, or its connection is lost
    }
    this.add(sender, fd, data);
    return true;
  }

  /**
   * A sender that has something in the batch, with that of others behind it, may not add to it: when the first of two sends on one
   * descriptor takes only a part, the second must not be made.
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
      if (result === length && sender._waits !== true) continue;
      const start = calls[3 * i + 1]!;
      sender._keepRest(result, this.bytes.subarray(start + Math.max(result, 0), start + length));
      (reports ??= []).push({ sender, result });
    }
    if (reports !== null) this.report(reports);
  }

  /** Reports to all of them, though one may throw: a sender that is not called would never send its rest. */
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

  private readonly sendDeferred = (): void => {
    if (!this.loop.isRunning()) this.unguard(); // the run has ended
    this.flush();
  };

  /** A server that answers and calls `process.exit()` has answered; and what it writes from here on does not wait. */
  private readonly processExits = (): void => {
    this.loop._beforeSleep = null;
    this.flush();
  };

  private unguard(): void {
    process.off('exit', this.processExits);
    this.guarded = false;
  }
}
