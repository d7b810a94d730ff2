/** Limits the clients of a server for programs of `os.ts`. Without a limit, clients could use up its memory and its descriptors. */

import { MAX_CLIENTS, isExhausted } from '../support/echo-command.js';
import type { Program } from './os.js';
import { Sleep } from './system-calls.js';

/** How often a full server checks whether a client has disconnected. */
const RETRY_MS = 50;

/** Lets a server accept a client while it has room for one. */
export class Gate {
  private clients = 0;
  private most = MAX_CLIENTS;

  /** Waits until there is room. */
  *wait(): Program {
    while (this.clients >= this.most) yield new Sleep(RETRY_MS);
  }

  /** Runs an accept, and returns its result; undefined if there is no descriptor left. The clients of that moment are then the most. */
  *accept<T>(accept: Program<T>): Program<T | undefined> {
    try {
      return yield* accept;
    } catch (error) {
      if (!isExhausted(error)) throw error;
      this.most = Math.max(1, this.clients);
      return undefined;
    }
  }

  /** Runs the program of a client, and counts it while it runs. */
  *count(client: Program): Program {
    this.clients += 1;
    try {
      yield* client;
    } finally {
      this.clients -= 1;
    }
  }
}
