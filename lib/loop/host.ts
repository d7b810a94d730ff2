/** The interface of the event loop that a hosted loop runs in. `hosted.ts` implements it for libuv. */

/** The host of one run. */
export interface Host {
  /** How long the host could sleep in this iteration, in milliseconds; 0: it has work now; null: indefinitely. */
  readonly timeoutMs: number | null;
  /** Returns the number of the host's requests in flight: files, names, connects, everything in libuv's thread pool. */
  activeRequests(): number;
  /** The loop has something new to do or to wait for: the host must keep the process alive. */
  workAdded(): void;
}
