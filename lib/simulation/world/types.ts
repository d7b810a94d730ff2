/** The public types of `selectloop/simulation`. */

import type { SelectorName } from '../../selectors/index.js';
import type { Coroutine, Steps } from '../../tasks/index.js';
import type { Recorder } from '../../trace/recorder.js';
import type { SimulationFailure } from './failure.js';

/** The program of a host: a generator function, or a function that returns a coroutine. It is called again after a restart. */
export type Program = () => Steps<unknown> | Coroutine<unknown>;

/** How the links between hosts behave. */
export interface LinkOptions {
  /** How long a packet travels, in milliseconds. Of a range, the seed chooses a value for each direction of a link. Default: 1. */
  latencyMs?: number | readonly [least: number, most: number];
  /** How much longer each packet may travel, in milliseconds. It reorders datagrams, never the bytes of a stream. Default: 0. */
  jitterMs?: number;
  /** Bytes per second. Default: no limit. */
  bandwidth?: number;
  /**
   * The probability that a packet is lost, from 0 to 1. A lost datagram is gone. A lost segment of a stream is sent again after 200 ms,
   * 400 ms and so on, and delays what was sent after it. Default: 0.
   */
  loss?: number;
}

/** Faults, each with the probability, from 0 to 1, that an opportunity brings it about. Default: 0. */
export interface FaultOptions {
  /** A send on a non-blocking stream socket takes only some of the bytes. */
  partialSends?: number;
  /** A receive on a stream socket returns fewer bytes than have arrived. Linux does not do this, but never promises that it will not. */
  partialReceives?: number;
  /** A send, receive or accept on a non-blocking socket fails with EAGAIN, although a selector has reported the socket as ready. */
  falseReadiness?: number;
  /** `socket` and `accept` fail with EMFILE, ENFILE or ENOBUFS. */
  fullTables?: number;
  /** A segment of TCP between two hosts is replaced by a reset of its connection, at both ends. */
  resets?: number;
  /** After an iteration, a host does not run for up to 500 ms. */
  slowHosts?: number;
  /** The lookup of a name fails with EAI_AGAIN. */
  lookups?: number;
}

/** Options of {@link simulate}. */
export interface SimulateOptions extends LinkOptions {
  /** How many seeds are run. SELECTLOOP_SEED=5 in the environment runs the seed 5 alone. Default: 100. */
  seeds?: number;
  /** The first seed, an integer from 0 on. Default: 1. */
  firstSeed?: number;
  /** The run of a seed fails if it has not ended after this virtual time, in milliseconds. Default: 600,000, ten minutes. */
  limitMs?: number;
  faults?: FaultOptions;
  /** Whether each seed is run twice, and the system calls of both runs are compared: a program must depend on its seed alone. Default: true. */
  compareRuns?: boolean;
  /** Whether the changes that a failure needs are looked for. Default: true. */
  shrink?: boolean;
  /** The selector of the loops. Default: epoll. */
  selector?: SelectorName;
}

/** Options of a host. */
export interface HostOptions {
  /** A numeric address. Default: 10.0.0.1 for the first host, and so on. */
  address?: string;
  /** The most descriptors that it may have open; then calls fail with EMFILE. Default: 1,048,576. */
  openFiles?: number;
}

/** A host of a simulation. */
export interface SimulatedHost {
  readonly name: string;
  readonly address: string;
  /** `running` until its program, and what that has left over, has ended. A program that is cancelled at the end is `running` until then. */
  readonly state: 'running' | 'ended' | 'crashed';
}

/** The system calls that {@link World.inject} can change. `send` and `recv` stand for all of their kind, `write` and `readv` included. */
export type InjectedCall = 'socket' | 'accept' | 'send' | 'recv';

/** A packet that {@link World.tap} sees. */
export interface Packet {
  readonly timeMs: number;
  /** Names of hosts. */
  readonly from: string;
  readonly to: string;
  /** What tcpdump would print: `10.0.0.1:32768 > 10.0.0.2:80 SYN`. */
  readonly text: string;
}

/** A row of {@link World.sockets}. */
export interface SocketRow {
  readonly host: string;
  readonly fd: number;
  readonly kind: 'tcp' | 'udp' | 'unix';
  /** The state of a TCP socket, such as ESTABLISHED; otherwise an empty string. */
  readonly state: string;
  /** An address with its port, or the name of a UNIX socket; an empty string if there is none. */
  readonly local: string;
  readonly peer: string;
  /** Bytes that have arrived and were not read; bytes that were written and not acknowledged. */
  readonly received: number;
  readonly unsent: number;
}

/** The hosts of one run, and what happens to them. Hosts are named by their names. */
export interface World {
  readonly seed: number;
  /** The virtual time since the start, in milliseconds. */
  readonly timeMs: number;

  /**
   * Adds a host that runs a program on a separate event loop. Other hosts reach it by its name.
   *
   * @throws RangeError if the name or the address is taken
   */
  host(name: string, main: Program, options?: HostOptions): SimulatedHost;
  /** Changes both directions of the link between two hosts. */
  link(a: string, b: string, options: LinkOptions): void;
  /** Cuts the links between two hosts: segments wait until the repair, datagrams are lost, connects time out after 127 s. */
  partition(a: string, b: string, options?: PartitionOptions): void;
  /** Opens the links between two hosts, after {@link partition} or {@link hold}. Packets that have waited are sent. */
  repair(a: string, b: string): void;
  /** Holds back everything between two hosts, datagrams included, until {@link repair}. */
  hold(a: string, b: string): void;
  /** Resets the connections between two hosts: both ends get ECONNRESET. Returns their number. */
  reset(a: string, b: string): number;
  /**
   * Ends the program of a host as SIGKILL would: none of its code runs again, not even `finally`. Its kernel closes its sockets, so its
   * peers get the end of the stream, or ECONNRESET. With `power: true` the whole machine is off: its peers get nothing before it restarts.
   */
  crash(host: string, options?: CrashOptions): void;
  /** Starts the program of a crashed or ended host again. */
  restart(host: string): void;
  /**
   * Sends a signal, such as 'SIGTERM', to the program of a host. Returns false if it has no handler for it; the signal then does nothing.
   *
   * @throws RangeError for an unknown name
   */
  signal(host: string, signal: NodeJS.Signals): boolean;
  /** Does not run a host for some time. */
  stall(host: string, delayMs: number): void;
  /**
   * Changes the next call of a kind on a host: it fails with an error, such as 'EMFILE', or it sends or receives only so many bytes. Several
   * changes of one kind apply to several calls.
   */
  inject(host: string, call: InjectedCall, outcome: string | number): void;
  /** Calls `action` at a time, in virtual milliseconds since the start, between two turns of hosts. */
  at(timeMs: number, action: () => void): void;
  /** Calls `check` after each turn of a host, and each action of {@link at}. The run fails with the error that it throws. */
  always(check: () => void): void;
  /** Returns a random number from 0 to just below 1 that depends on the seed. In a run, `Math.random` does the same. */
  random(): number;
  /**
   * Decides about a fault of your own: `if (world.chance(0.3, 'the crash of the server')) world.crash('server')`. When a failing seed is
   * shrunk, it returns false unless the failure needs it.
   */
  chance(probability: number, what: string): boolean;
  /** Adds a line to the log of the run, which a failure has. */
  log(text: string): void;
  /** Calls `onPacket` for each packet that is sent, those of loopback interfaces included. */
  tap(onPacket: (packet: Packet) => void): void;
  /** Returns the sockets of all hosts, as `ss` lists them. */
  sockets(): SocketRow[];
}

/** Makes the world of a run. It may return the host whose end is the end of the run. */
export type Build = (world: World) => SimulatedHost | undefined | void;

/** What {@link simulate} returns. */
export interface SimulationOutcome {
  /** How many seeds were run. It ends with the first that fails. */
  readonly seeds: number;
  /** The failure of the last seed; null if all have passed. */
  readonly failure: SimulationFailure | null;
  /** The virtual time of all runs, in milliseconds, without those for comparison. */
  readonly virtualMs: number;
  /** The system calls of these runs. */
  readonly systemCalls: number;
  /**
   * Runs the failing seed once more, or the last one if none has failed, and records the loop of a host. `JSON.stringify(outcome.trace())`
   * is a file for `selectloop play`.
   *
   * @param host default: the one that has failed, or the first
   * @throws RangeError if there is no such host
   */
  trace(host?: string): Recorder;
}

/** Options of {@link World.partition}. */
export interface PartitionOptions {
  /** Cuts only the direction from the first host to the second. Default: false. */
  oneWay?: boolean;
}

/** Options of {@link World.crash}. */
export interface CrashOptions {
  /** The machine loses its power, so that nothing is sent for the sockets that were open. Default: false. */
  power?: boolean;
}
