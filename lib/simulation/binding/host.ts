/** Hosted loops: what libuv does on a machine. */

import type { NativeHost } from '../../native/contract.js';
import { EALREADY } from '../kernel/errno.js';
import { EventCounter } from '../kernel/event-counter.js';
import type { Kernel } from '../kernel/kernel.js';

/** A scheduled turn. Whether it keeps the process alive can be changed until it begins. */
interface Turn {
  ref(): unknown;
  unref(): unknown;
}

/**
 * Calls `iterate` in a later turn of the surrounding event loop, after all promises that are settled now.
 *
 * @param stalled true if the loop has nothing to do until something happens outside of the simulation
 */
export type NextTurn = (iterate: () => void, stalled: boolean) => Turn;

/** How often a loop that waits for something outside of the simulation looks for it. */
const STALLED_MS = 1;

export const nextTurnOfNode: NextTurn = (iterate, stalled) =>
  stalled ? setTimeout(iterate, STALLED_MS) : setImmediate(iterate);

/**
 * Iterates a hosted loop once in each turn of the surrounding event loop. In between, promises settle, so that virtual time passes only when
 * neither the loop nor an async function has anything to do.
 */
export class SimulatedHost implements NativeHost {
  private iterate: ((libuvTimeoutMs: number | null) => boolean) | null = null;
  private turn: Turn | null = null;
  private keepsAlive = true;

  constructor(
    private readonly kernel: Kernel,
    private readonly nextTurn: NextTurn,
  ) {}

  start(iterate: (libuvTimeoutMs: number | null) => boolean): number {
    if (this.iterate !== null) return -EALREADY;
    this.iterate = iterate;
    this.keepsAlive = true;
    this.schedule(false);
    return 0;
  }

  stop(): void {
    this.iterate = null;
  }

  setRef(keepAlive: boolean): void {
    this.keepsAlive = keepAlive;
    if (keepAlive) this.turn?.ref();
    else this.turn?.unref();
  }

  /** Requests of the surroundings, such as reads of files, are unknown here. */
  activeRequests(): number {
    return 0;
  }

  /** A descriptor that is never readable: the host needs no wake-up. */
  backendFd(): number {
    const { kernel } = this;
    const fd = kernel.hostFd ?? kernel.descriptors.add(new EventCounter());
    if (fd >= 0) kernel.hostFd = fd;
    return fd;
  }

  private schedule(stalled: boolean): void {
    const turn = this.nextTurn(() => {
      if (this.turn === turn) this.run();
    }, stalled);
    this.turn = turn;
    if (!this.keepsAlive) turn.unref();
  }

  private run(): void {
    const { kernel } = this;
    kernel.isHosted = true;
    kernel.hasStalled = false;
    try {
      this.iterate?.(null);
    } finally {
      kernel.isHosted = false;
      if (this.iterate !== null) this.schedule(kernel.hasStalled);
    }
  }
}
