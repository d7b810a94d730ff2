/** What a run in the playground leaves behind. The page gets it from its worker, so all of it can be cloned. */

import type { SocketRow } from '../simulation/world/types.js';
import type { EventTrace } from '../trace/events.js';

/** How the wire between sockets behaves. */
export interface Wire {
  /** How long a packet travels, in milliseconds. */
  readonly latencyMs: number;
  /** The probability that a packet is lost, from 0 to 1. */
  readonly loss: number;
}

/** Something that happened after the first `event` events of the trace, at a virtual time in milliseconds. */
export interface Moment {
  readonly event: number;
  readonly atMs: number;
}

/** A line that the program has printed, or a system call with its result. */
export interface Line extends Moment {
  readonly text: string;
}

/** The sockets of the kernel, from this moment until the next. */
export interface Sockets extends Moment {
  readonly rows: readonly SocketRow[];
}

/** A packet on the wire. */
export interface Sent extends Moment {
  /** As tcpdump shows it. */
  readonly text: string;
  /** When it arrived; null if it did not. */
  arrival: Moment | null;
}

/** Why a program has ended early. */
export interface Problem {
  readonly message: string;
  /** The line of the program, from 1; null if none is known. */
  readonly line: number | null;
}

export interface Recording {
  /** The events of the first loop; null if the program has created none. */
  readonly trace: EventTrace | null;
  readonly output: readonly Line[];
  readonly calls: readonly Line[];
  readonly sockets: readonly Sockets[];
  readonly packets: readonly Sent[];
  readonly problem: Problem | null;
}

/** The recording as text: every system call and every printed line, in order, with the time. It is the same wherever the program runs. */
export function logOf({ calls, output, problem }: Recording): string {
  const lines = [...calls, ...output.map((line) => ({ ...line, text: `> ${line.text}` }))];
  const sorted = lines.sort((a, b) => a.atMs - b.atMs || a.event - b.event); // sort is stable
  const texts = sorted.map(({ atMs, text }) => `${atMs.toFixed(6)} ${text}`);
  if (problem !== null) texts.push(`line ${problem.line ?? '?'}: ${problem.message}`);
  return texts.map((text) => `${text}\n`).join('');
}
