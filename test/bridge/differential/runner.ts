/** Runs one scenario on one connection, and returns the observations at both ends. */

import { once } from 'node:events';
import type { Socket } from 'node:net';

import type { Connect, Medium, PeerServer } from './openers.js';
import type { Peer } from './peer.js';
import { Recorder } from './recorder.js';

/** The tools of a scenario. */
export interface Stage {
  /** The socket under test, connected; nothing has been read or written. */
  readonly socket: Socket;
  /** The other end. */
  readonly peer: Peer;
  readonly recorder: Recorder;
  readonly medium: Medium;
  /** How many times longer than on an idle machine a `timed` scenario may take. */
  readonly patience: number;
}

/** The connections to which a scenario applies. */
export interface Applicability {
  /** Default: everywhere. */
  readonly media?: readonly Medium[];
  /** The scenario needs a descriptor, which a transport of the program does not have. Default: false. */
  readonly descriptor?: boolean;
  /**
   * Its outcome depends on time: a process that is stopped for longer than a timeout has another outcome, with Node as with this
   * library. If the outcomes differ, it is played again with more patience. Default: false.
   */
  readonly timed?: boolean;
}

/**
 * A scenario on a connection. It must be deterministic: wait for events, never for a time, and let only one direction carry data while
 * the order of events is recorded.
 */
export interface Scenario {
  /** Completes the sentence "behaves as Node's when ...". */
  readonly name: string;
  readonly where: Applicability;
  readonly play: (stage: Stage) => Promise<void>;
}

/**
 * A write of this size waits until the peer reads: the kernel holds less in the narrow buffers of both ends (see openers.ts). A UNIX socket
 * keeps as much as the buffer of its sender holds.
 */
export const MORE_THAN_KERNEL_HOLDS = 1_000_000;

/** Everything that is compared. */
export interface Outcome {
  /** The scenario did not come to its end. */
  readonly failed: boolean;
  readonly log: readonly string[];
  readonly state: Record<string, unknown>;
  readonly peer: Record<string, unknown>;
}

/** The limit for one scenario. Only an event that never happens takes this long. */
const DEADLINE_MS = 10_000;

/** A table of scenarios by name. Errors of the socket are recorded like every other event, so each has a listener for them. */
export function scenarios(table: Record<string, Scenario['play']>, where: Applicability = {}): Scenario[] {
  return Object.entries(table).map(([name, play]) => ({ name, where, play }));
}

/** Plays a scenario on a new connection. */
export async function outcomeOf(
  scenario: Scenario,
  server: PeerServer,
  connect: Connect,
  patience = 1,
): Promise<Outcome> {
  const { socket, peer } = await server.join(connect);
  const recorder = new Recorder(socket);
  socket.on('error', () => undefined);
  let failed = false;
  try {
    await beforeDeadline(scenario.play({ socket, peer, recorder, medium: server.medium, patience }));
  } catch (error) {
    failed = true;
    recorder.note('the scenario fails:', error);
  }
  await quiet();
  const outcome = { failed, log: recorder.log(), state: recorder.state(), peer: peer.outcome() };
  await Promise.all([closed(socket), peer.destroy()]);
  return outcome;
}

async function beforeDeadline(played: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('what it waits for does not come')), DEADLINE_MS);
  });
  try {
    await Promise.race([played, deadline]);
  } finally {
    clearTimeout(timer!);
  }
}

/** Waits for late events. An event after this pause is missed, which can only hide a difference. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 2));
}

async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return;
  const gone = once(socket, 'close');
  socket.destroy();
  await beforeDeadline(gone.then(() => undefined));
}
