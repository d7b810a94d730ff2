/**
 * Receiving for many transports in one call of the addon.
 *
 * When a look at the descriptors finds several transports readable, the first of them that runs receives for all: what the others
 * got waits for their own turn. sockets/receive-each.ts tells what that is good for. What they answer is sent together, too.
 */

import type { LoopCore } from '../loop/loop-core.js';
import { onePerLoop } from '../loop/per-loop.js';
import type { ByteSocket } from '../sockets/byte-socket.js';
import { MOST_SOCKETS, type Received, receiveEach } from '../sockets/receive-each.js';
import { type SendTogether, sendTogetherOf } from './send-together.js';

/** A transport's receiving half. */
export interface DueReader {
  /** @internal True while it stands in the list here and in the loop's ready queue. */
  _due: boolean;
  /** @internal The socket, if a small message is expected from it, and it has room for one. */
  _smallSource(): ByteSocket | null;
  /** @internal What was received for it; it has to be given to the protocol when the reader runs. */
  _ahead: Received | null;
}

/** The transports of one loop that were found readable. */
export class ReceiveAhead {
  private readonly due: Array<DueReader | null> = [];
  private count = 0;
  private next = 0;
  /** How many of them still listen. */
  private listening = 0;
  // The receivers of one call. Cleared after it: what stood there could never be collected.
  private readonly readers = new Array<DueReader | null>(MOST_SOCKETS).fill(null);
  private readonly sockets = new Array<ByteSocket | null>(MOST_SOCKETS).fill(null);
  private readonly sends: SendTogether;

  /** @param loop which has one only: see {@link receiveAheadOf} */
  constructor(loop: LoopCore) {
    this.sends = sendTogetherOf(loop);
  }

  /** A reader was found readable. */
  add(reader: DueReader): void {
    if (reader._due) return;
    reader._due = true;
    this.due[this.count] = reader;
    this.count += 1;
    this.listening += 1;
  }

  /** A reader has run, or does not listen any more. */
  leave(reader: DueReader): void {
    if (!reader._due) return;
    reader._due = false;
    this.listening -= 1;
    if (this.listening === 0) this.clear();
  }

  /** The first of them runs: receives for it and for those behind it, unless it is alone. */
  receive(): void {
    let several = 0;
    let chosen = 0;
    for (; this.next < this.count && chosen < MOST_SOCKETS; this.next += 1) {
      const reader = this.due[this.next]!;
      this.due[this.next] = null;
      if (!reader._due) continue; // it does not listen any more
      reader._due = false;
      several += 1;
      const socket = reader._smallSource();
      if (socket === null) continue;
      this.readers[chosen] = reader;
      this.sockets[chosen] = socket;
      chosen += 1;
    }
    this.listening -= several;
    if (this.listening === 0) this.clear();
    if (several > 1) this.sends.begin();
    if (chosen > 1) receiveEach(this.sockets, chosen, this.give);
    this.readers.fill(null, 0, chosen);
    this.sockets.fill(null, 0, chosen);
  }

  /** Forgets those who left: a transport that was dropped could not be collected otherwise. */
  private clear(): void {
    this.due.fill(null, this.next, this.count);
    this.next = this.count = 0;
  }

  private readonly give = (index: number, received: Received): void => {
    this.readers[index]!._ahead = received;
  };
}

/** The one of a loop. */
export const receiveAheadOf = onePerLoop((loop) => new ReceiveAhead(loop));
