/** Stops and resumes the listeners of a server when a limit is reached. */

import type { Listener } from './listener.js';

/** Holds back the listeners of one server. Several limits may hold them at the same time. */
export class AcceptGate {
  private holds = 0;
  private listeners: readonly Listener[] = [];

  /** Sets the listeners that it controls. */
  control(listeners: readonly Listener[]): void {
    this.listeners = listeners;
  }

  /** Stops accepting until `release` has been called as often as `hold`. */
  hold(): void {
    this.holds += 1;
    if (this.holds === 1) for (const listener of this.listeners) listener.hold();
  }

  /** Ends one `hold`. */
  release(): void {
    this.holds -= 1;
    if (this.holds === 0) for (const listener of this.listeners) listener.release();
  }
}
