/**
 * Limits the TLS handshakes that a server has in progress.
 *
 * A handshake costs a descriptor, memory and CPU time before the peer has proved anything, so clients that connect and then say nothing
 * could use up a server. At the limit the server stops accepting. Further connections wait in the kernel's queue, where they cost the
 * process nothing.
 *
 * A flood of silent clients would then keep all others waiting until their handshakes time out. So at the limit the oldest handshake is
 * ended as soon as it has lasted for two seconds, which is ample for an honest client. The kernel treats half-open TCP connections in the
 * same way: it gives up on them earlier when their queue is filling up.
 */

import type { TimedHandle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';

/** Stops and resumes the accepting of a server. */
export interface AcceptGate {
  /** Stops accepting until `release` has been called as often as `hold`. */
  hold(): void;
  /** Ends one `hold`. */
  release(): void;
}

/** The time that a handshake may take while the limit is reached, in milliseconds. */
const CROWDED_TIMEOUT_MS = 2000;

interface Handshake {
  readonly since: number;
  readonly abort: () => void;
}

/** The handshakes of one server. */
export class Handshakes {
  /** The oldest is the first. */
  private readonly inProgress = new Set<Handshake>();
  /** Ends the oldest handshake while the limit is reached; null at other times. */
  private eviction: TimedHandle | null = null;

  /** @param limit the number of handshakes at which the server stops accepting; Infinity for none */
  constructor(
    private readonly loop: LoopCore,
    private readonly limit: number,
    private readonly gate: AcceptGate,
  ) {}

  /**
   * A handshake begins.
   *
   * @param abort closes the connection, to make room for others
   * @returns a function to call when the handshake has ended in any way; idempotent
   */
  begin(abort: () => void): () => void {
    const handshake = { since: this.loop.time(), abort };
    this.inProgress.add(handshake);
    if (this.eviction === null && this.inProgress.size >= this.limit) {
      this.gate.hold();
      this.scheduleEviction();
    }
    return () => this.ended(handshake);
  }

  private ended(handshake: Handshake): void {
    if (!this.inProgress.delete(handshake) || this.eviction === null) return;
    this.eviction.cancel();
    this.eviction = null;
    if (this.inProgress.size >= this.limit) this.scheduleEviction();
    else this.gate.release();
  }

  private scheduleEviction(): void {
    const [oldest] = this.inProgress;
    this.eviction = this.loop.callAt(oldest!.since + CROWDED_TIMEOUT_MS, () => {
      this.ended(oldest!);
      oldest!.abort();
    });
  }
}
