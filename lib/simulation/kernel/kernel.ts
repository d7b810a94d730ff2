/**
 * The kernel: what all hosts share, and the steps that every system call has in common.
 *
 * A call that cannot finish returns -EAGAIN. For a blocking file the kernel then lets time pass until the file is ready, and calls again.
 * So waiting costs nothing: the clock jumps to the next event.
 */

import { type PacketFaults, randomFaults } from '../network/faults.js';
import { Names } from '../network/names.js';
import { Network, type Station } from '../network/network.js';
import { Clock, NANOSECONDS_PER_MS } from '../time/clock.js';
import { checksAreOn, violated } from './checks.js';
import { Descriptors } from './descriptors.js';
import { EAGAIN, EBADF, ENOTSOCK } from './errno.js';
import { Host } from './host.js';
import { checkInvariants } from './invariants.js';
import { Journals } from './inet/tcp-stack.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import { MSG_DONTWAIT, POLLIN } from './numbers.js';
import type { OpenFile } from './open-file.js';
import { Socket } from './socket.js';

export interface KernelOptions {
  readonly limits?: Partial<Limits>;
  /** Returns a number from 0 to just below 1, which decides about losses. Default: nothing is ever lost. */
  readonly random?: () => number;
  /** Returns what decides about the packets from one host to another. Default: `random` does. */
  readonly faultsOf?: (from: Station, to: Station) => PacketFaults;
}

/** How many files may be checked per call. */
const CHECKED_PER_CALL = 64;

const NEVER_LOST = (): number => 1 - Number.EPSILON;

export class Kernel {
  readonly clock = new Clock();
  readonly limits: Limits;
  readonly descriptors: Descriptors;
  readonly network: Network<Host>;
  /** The names of the hosts, and others that are set. */
  readonly names = new Names();
  /** The host whose program runs. */
  host: Host;
  /** True while a hosted loop iterates: a promise that it waits for may be settled from outside of the simulation. */
  isHosted = false;
  /** The descriptor that stands for the surroundings of hosted loops; null until one runs. */
  hostFd: number | null = null;
  /** True if a selector of a hosted loop has found nothing that could end its wait. */
  hasStalled = false;
  private unchecked = 0;
  private readonly journals = new Journals();
  private readonly hosts: Host[] = [];

  constructor({ limits = {}, random = NEVER_LOST, faultsOf = () => randomFaults(random) }: KernelOptions = {}) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.descriptors = new Descriptors(() => this.host);
    this.network = new Network(this.clock, faultsOf);
    this.host = this.addHost('localhost', []);
    this.names.set('localhost', ['::1', '127.0.0.1']);
  }

  /** Adds a host with some addresses, besides those of its loopback interface. Other hosts find them by its name. */
  addHost(name: string, addresses: readonly string[], openFiles = this.limits.openFiles): Host {
    const limits = { ...this.limits, openFiles };
    const host = new Host(name, addresses, this.clock, limits, this.network, this.journals);
    this.hosts.push(host);
    if (addresses.length > 0) this.names.set(name, addresses);
    return host;
  }

  /** Sends a signal to the process of a host. Returns false if the process does not watch it. */
  raise(signal: number, host: Host = this.host): boolean {
    const file = this.descriptors.get(host.signals.get(signal) ?? -1);
    file?.write(Uint8Array.of(signal));
    return file !== null;
  }

  /** Makes a call on the file of a descriptor. Returns its result; -EBADF if the descriptor is not open. */
  onFile(fd: number, call: (file: OpenFile) => number): number {
    const file = this.descriptors.get(fd);
    return file === null ? -EBADF : this.finished(call(file));
  }

  /** Makes a call on the socket of a descriptor. Returns its result; -ENOTSOCK for another file. */
  onSocket(fd: number, call: (socket: Socket) => number): number {
    return this.onFile(fd, (file) => (file instanceof Socket ? call(file) : -ENOTSOCK));
  }

  /** What the loopback interface carries arrives before the call returns. */
  finished(result: number): number {
    this.clock.runDue();
    if (checksAreOn()) this.check();
    return result;
  }

  /** Checks the invariants: after every call, or less often if many files are open, because each of them is checked. */
  private check(): void {
    this.unchecked += CHECKED_PER_CALL;
    if (this.unchecked < this.descriptors.count) return;
    this.unchecked = 0;
    checkInvariants(this.descriptors, this.hosts);
  }

  /**
   * Repeats a call on a blocking file until it does not return -EAGAIN.
   *
   * @param events POLLIN if the call waits for bytes to read, otherwise 0
   * @param timeoutNs after which it returns -EAGAIN; null: never
   */
  blocking(file: OpenFile, flags: number, events: number, timeoutNs: number | null, call: () => number): number {
    const until = timeoutNs === null ? null : this.clock.now + timeoutNs;
    for (;;) {
      const result = call();
      if (result !== -EAGAIN || file.nonBlocking || (flags & MSG_DONTWAIT) !== 0) return result;
      // Readable, and there is nothing to read: a datagram socket that was shut down.
      if (events === POLLIN && (file.poll() & events) !== 0) return 0;
      if (!this.clock.advance(until)) return until === null ? this.neverEnds() : -EAGAIN;
    }
  }

  /** Writes to a file. If it is blocking, the call ends when all bytes are taken, or with an error. */
  blockingWrite(file: OpenFile, flags: number, bytes: Uint8Array, write: (part: Uint8Array) => number): number {
    const timeoutNs = file instanceof Socket ? file.options.sendTimeoutNs : null;
    let written = 0;
    do {
      const part = bytes.subarray(written);
      const result = this.blocking(file, flags, 0, timeoutNs, () => write(part));
      if (result < 0) return written > 0 ? written : result;
      written += result;
    } while (written < bytes.length && !file.nonBlocking && (flags & MSG_DONTWAIT) === 0);
    return written;
  }

  /**
   * Lets time pass until a condition holds. Returns false if it does not hold at `untilNs`.
   *
   * @param untilNs null: no limit
   * @throws Error if the condition cannot become true, because no event is left
   */
  waitUntil(condition: () => boolean, untilNs: number | null): boolean {
    this.clock.runDue();
    while (!condition()) {
      if (this.clock.advance(untilNs)) continue;
      return untilNs === null ? this.neverEnds() : condition();
    }
    return true;
  }

  /** Waits as `waitUntil`, for a selector. In a hosted loop it returns when no event is left, whatever the limit is. */
  waitForFiles(isAnyReady: () => boolean, untilNs: number | null): void {
    if (untilNs !== null || !this.isHosted) {
      this.waitUntil(isAnyReady, untilNs);
      return;
    }
    this.clock.runDue();
    while (!isAnyReady()) {
      if (this.clock.advance(null)) continue;
      this.hasStalled = true;
      return;
    }
  }

  private neverEnds(): never {
    violated('a call waits without a limit, and nothing will happen that could end it');
  }

  /** Returns the time at which a timeout ends, in nanoseconds. @param timeoutMs negative: never, which is null */
  deadline(timeoutMs: number): number | null {
    if (timeoutMs < 0 || timeoutMs === Infinity) return null;
    return this.clock.now + Math.ceil(timeoutMs * NANOSECONDS_PER_MS);
  }
}
