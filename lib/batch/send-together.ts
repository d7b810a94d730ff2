/**
 * Sending for many transports in one call of the addon.
 *
 * Where several connections were found ready at once, what is written to them in small pieces is collected, and sent before the next
 * iteration: when everything that was ready has run. The system calls are the same; but the JavaScript of one connection follows on
 * that of another, and not on a system call, which leaves the caches and the TLB cold: see sockets/receive-each.ts. Two writes to
 * one connection, a head and a body, become one send.
 *
 * Nobody can tell it from sending at once, except by the clock: whoever asks how much is unsent, or for the socket, ends or closes
 * the connection, or writes something large has what was collected sent first, and so do the end of the loop, that of the process,
 * and whoever closes the socket behind the transport's back. (A handler that blocks the thread until its answer has had an effect waits for ever.)
 */

import type { LoopCore } from '../loop/loop-core.js';
import { onePerLoop } from '../loop/per-loop.js';
import { native } from '../native/binding.js';

/** Enough for the call to cost nothing, and few enough for the first not to wait long for the last. */
const MOST_WRITES = 128;
const ROOM_BYTES = 64 * 1024;

/** What sends a collected write. */
export interface CollectedWriter {
  /** @internal How many bytes are collected for it. */
  _collected: number;
  /**
   * @internal They were sent, all but `rest`; or not, if `result` is -errno. Whatever follows must wait for {@link _collectedSent}.
   */
  _keepUnsent(result: number, rest: Uint8Array): void;
  /** @internal Now it may act on that: call its protocol, fail. */
  _collectedSent(result: number): void;
}

/** One batch after the other, for one loop. */
export class SendTogether {
  /** For each write: descriptor, where its bytes begin, how many; see `sendEach`. */
  private readonly calls = new Int32Array(3 * MOST_WRITES);
  private readonly writers = new Array<CollectedWriter | null>(MOST_WRITES).fill(null);
  private readonly bytes = Buffer.allocUnsafeSlow(ROOM_BYTES);
  private count = 0;
  private used = 0;
  private telling = false;

  /** @param loop which has one only: see {@link sendTogetherOf} */
  constructor(private readonly loop: LoopCore) {}

  /** From now on, until everything that is ready has run, small writes are collected. */
  begin(): void {
    this.loop._beforeIteration = this.send;
  }

  /** Whether they are. Not within what a send leads to: what was to be sent before it would come after it. */
  isOpen(): boolean {
    return this.loop._beforeIteration !== null && !this.telling && !exiting;
  }

  /**
   * Whether `add` may be called. Not if there is something else of the writer's already, and others after it: if the first of two
   * sends on one descriptor takes but a part, the second must not be made.
   */
  hasRoom(writer: CollectedWriter, length: number): boolean {
    if (this.used + length > ROOM_BYTES) return false;
    return this.isLast(writer) || (writer._collected === 0 && this.count < MOST_WRITES);
  }

  /** Collects a copy of `data`. Only if there is room. */
  add(writer: CollectedWriter, fd: number, data: Uint8Array): void {
    const { calls, used } = this;
    const { length } = data;
    if (this.isLast(writer)) calls[3 * this.count - 1]! += length;
    else {
      const at = 3 * this.count;
      calls[at] = fd;
      calls[at + 1] = used;
      calls[at + 2] = length;
      this.writers[this.count] = writer;
      this.count += 1;
    }
    this.bytes.set(data, used);
    this.used = used + length;
    writer._collected += length;
    sendRest = this.send;
  }

  private isLast(writer: CollectedWriter): boolean {
    return this.count > 0 && this.writers[this.count - 1] === writer;
  }

  /** Sends what was collected. */
  readonly send = (): void => {
    const { calls, count, writers } = this;
    if (count === 0) return;
    native.sendEach(calls, count, this.bytes);
    this.count = 0;
    this.used = 0;
    sendRest = null;
    let later: Array<{ writer: CollectedWriter; result: number }> | null = null;
    for (let i = 0; i < count; i += 1) {
      const writer = writers[i]!;
      const length = writer._collected;
      const result = calls[3 * i + 2]!;
      writers[i] = null;
      writer._collected = 0;
      if (result === length) continue;
      const start = calls[3 * i + 1]!;
      writer._keepUnsent(result, this.bytes.subarray(start + Math.max(result, 0), start + length));
      (later ??= []).push({ writer, result });
    }
    if (later !== null) this.tell(later);
  };

  /** All of them, though one may throw: a writer that is not told would never send its rest. */
  private tell(later: ReadonlyArray<{ writer: CollectedWriter; result: number }>): void {
    let fatal: { error: unknown } | null = null;
    this.telling = true;
    for (const { writer, result } of later) {
      try {
        writer._collectedSent(result);
      } catch (error) {
        fatal ??= { error };
      }
    }
    this.telling = false;
    if (fatal !== null) throw fatal.error;
  }
}

/** The one of a loop. */
export const sendTogetherOf = onePerLoop((loop) => new SendTogether(loop));

/** Sends what is unsent; there is one loop at most that runs in a thread. */
let sendRest: (() => void) | null = null;

// A server that answers and calls process.exit() has answered.
let exiting = false;
process.on('exit', () => {
  exiting = true;
  sendRest?.();
});
