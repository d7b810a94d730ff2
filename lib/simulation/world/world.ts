/** The world of one run: its hosts, the network between them, and what a test does to them. */

import { checkNames, optionNames, outOfRange, wrongType } from '../../errors/index.js';
import type { Instrument } from '../../loop/instrument.js';
import type { NativeSelector } from '../../native/contract.js';
import { constants } from '../binding/constants.js';
import { SimulatedSelector } from '../binding/selector.js';
import { canonicalHost, isIPv4Host } from '../kernel/addresses.js';
import type { Host } from '../kernel/host.js';
import { makeSegment } from '../kernel/inet/segment.js';
import { Kernel } from '../kernel/kernel.js';
import { AF_INET, AF_INET6 } from '../kernel/numbers.js';
import type { Link } from '../network/link.js';
import { NANOSECONDS_PER_MS } from '../time/clock.js';
import { EventQueue } from '../time/event-queue.js';
import { CallFaults } from './call-faults.js';
import { CallLog } from './call-log.js';
import type { Draws } from './draws.js';
import type { Failed } from './failure.js';
import { Machine, type Surroundings } from './machine.js';
import { type LinkPlan, type Settings, checkedHost, checkedLink, checkedMs, checkedProbability } from './options.js';
import { packetFaults } from './packet-faults.js';
import { socketsOf } from './socket-table.js';
import type {
  CrashOptions,
  HostOptions,
  InjectedCall,
  LinkOptions,
  Packet,
  PartitionOptions,
  Program,
  SimulateOptions,
  SocketRow,
  World,
} from './types.js';

const PARTITION_NAMES = optionNames<PartitionOptions>({ oneWay: true });
const CRASH_NAMES = optionNames<CrashOptions>({ power: true });
const CALLS: readonly string[] = ['socket', 'accept', 'send', 'recv'] satisfies InjectedCall[];

export class RunningWorld implements World, Surroundings {
  readonly kernel: Kernel;
  readonly machines: Machine[] = [];
  readonly lines: string[] = [];
  readonly callLog: CallLog;
  /** What `at` has scheduled. */
  readonly actions = new EventQueue();
  failure: Failed | null = null;
  private readonly checks: Array<() => void> = [];
  private current: Machine | null = null;

  constructor(
    readonly seed: number,
    private readonly settings: Settings,
    readonly draws: Draws,
    private readonly recorderFor: (host: string) => Instrument | null,
  ) {
    this.kernel = new Kernel({ faultsOf: (from, to) => packetFaults(draws, from.name, to.name) });
    this.callLog = new CallLog(this.kernel.clock);
  }

  // --- Hosts ----------------------------------------------------------------------------------------------------------

  host(name: string, main: Program, options: HostOptions = {}): Machine {
    if (typeof name !== 'string') throw wrongType('host: name', 'a string', name);
    if (this.machines.some((each) => each.name === name)) throw outOfRange('host: name', 'a name that is free', name);
    if (typeof main !== 'function') throw wrongType('host: main', 'a generator function', main);
    const { address, openFiles } = checkedHost('host: options', options);
    const number = this.machines.length + 1;
    const kernelHost = this.kernel.addHost(
      name,
      [this.freeAddress(address ?? `10.0.0.${number}`)],
      openFiles ?? undefined,
    );
    const faults = new CallFaults(name, this.draws, this.settings.faults);
    const machine = new Machine(name, number, kernelHost, faults, main, this);
    for (const other of this.machines) this.configure(other, machine, this.settings.link);
    this.machines.push(machine);
    machine.start();
    return machine;
  }

  private freeAddress(given: string): string {
    const address = canonicalHost(isIPv4Host(given) ? AF_INET : AF_INET6, given);
    if (address === null) throw outOfRange('host: address', 'a numeric address', given);
    if (this.kernel.network.find(address) !== null) throw outOfRange('host: address', 'an address that is free', given);
    return address;
  }

  crash(name: string, options: CrashOptions = {}): void {
    const { power = false } = checkNames('crash: options', options, CRASH_NAMES);
    const machine = this.machine('crash: host', name);
    if (machine.state !== 'running') return;
    if (power) {
      machine.kernelHost.isDown = true;
      for (const other of this.others(machine)) this.linkOf(machine, other).drop();
    }
    machine.crash();
  }

  restart(name: string): void {
    const machine = this.machine('restart: host', name);
    if (machine.state === 'running')
      throw outOfRange('restart: host', 'a host whose program has ended or crashed', name);
    const before = machine.kernelHost;
    if (before.isDown) {
      machine.kernelHost = this.kernel.addHost(name, before.addresses, before.limits.openFiles);
      for (const other of this.others(machine)) this.linkOf(other, machine).resume();
    }
    machine.start();
  }

  signal(name: string, signal: NodeJS.Signals): boolean {
    const machine = this.machine('signal: host', name);
    const number = /^SIG[A-Z]/.test(signal) ? constants[signal] : undefined;
    if (number === undefined) throw outOfRange('signal: signal', 'the name of a signal, such as SIGTERM', signal);
    return machine.state === 'running' && this.kernel.raise(number, machine.kernelHost);
  }

  stall(name: string, delayMs: number): void {
    const delayNs = checkedMs('stall: delayMs', delayMs) * NANOSECONDS_PER_MS;
    this.stallFor(this.machine('stall: host', name), delayNs);
  }

  inject(name: string, call: InjectedCall, outcome: string | number): void {
    const machine = this.machine('inject: host', name);
    if (!CALLS.includes(call)) throw outOfRange('inject: call', `one of ${CALLS.join(', ')}`, call);
    if (typeof outcome === 'string') {
      const errno = /^E/.test(outcome) ? constants[outcome] : undefined;
      if (errno === undefined) throw outOfRange('inject: outcome', 'the name of an error, such as EMFILE', outcome);
      machine.faults.inject(call, -errno);
      return;
    }
    const movesBytes = call === 'send' || call === 'recv';
    if (!movesBytes || !Number.isInteger(outcome) || outcome < 1) {
      const expected = movesBytes ? 'the name of an error, or a number of bytes >= 1' : 'the name of an error';
      throw outOfRange('inject: outcome', expected, outcome);
    }
    machine.faults.inject(call, outcome);
  }

  // --- The network ----------------------------------------------------------------------------------------------------

  link(a: string, b: string, options: LinkOptions): void {
    const [first, second] = this.two('link', a, b);
    this.configure(first, second, checkedLink('link: options', options, this.settings.link));
  }

  partition(a: string, b: string, options: PartitionOptions = {}): void {
    const { oneWay = false } = checkNames('partition: options', options, PARTITION_NAMES);
    const [there, back] = this.directions('partition', a, b);
    there.cut();
    if (!oneWay) back.cut();
  }

  hold(a: string, b: string): void {
    for (const link of this.directions('hold', a, b)) link.hold();
  }

  repair(a: string, b: string): void {
    for (const link of this.directions('repair', a, b)) link.open();
  }

  reset(a: string, b: string): number {
    const [first, second] = this.two('reset', a, b);
    const addresses = second.kernelHost.addresses;
    const connections = [...first.kernelHost.tcp.all()].filter(({ remote }) => addresses.includes(remote!.host));
    for (const { local, remote } of connections) {
      first.kernelHost.tcp.deliver(makeSegment({ from: remote!, to: local }, { rst: true }));
      second.kernelHost.tcp.deliver(makeSegment({ from: local, to: remote! }, { rst: true }));
    }
    return connections.length;
  }

  tap(onPacket: (packet: Packet) => void): void {
    this.kernel.network.watch((packet) => {
      onPacket({ ...packet, timeMs: this.timeMs });
    });
  }

  sockets(): SocketRow[] {
    return this.machines.flatMap(({ kernelHost }) => socketsOf(kernelHost, this.kernel.descriptors));
  }

  // --- Time, checks, chance -------------------------------------------------------------------------------------------

  get timeMs(): number {
    return this.kernel.clock.now / NANOSECONDS_PER_MS;
  }

  at(timeMs: number, action: () => void): void {
    const timeNs = Math.round(checkedMs('at: timeMs', timeMs) * NANOSECONDS_PER_MS);
    if (timeNs < this.kernel.clock.now) throw outOfRange('at: timeMs', `a time >= ${this.timeMs}`, timeMs);
    if (typeof action !== 'function') throw wrongType('at: action', 'a function', action);
    this.actions.add(timeNs, action);
  }

  always(check: () => void): void {
    if (typeof check !== 'function') throw wrongType('always: check', 'a function', check);
    this.checks.push(check);
  }

  random(): number {
    return this.draws.about(`random ${this.current?.name ?? ''}`).number();
  }

  chance(probability: number, what: string): boolean {
    const checked = checkedProbability('chance: probability', probability);
    return this.draws.about(`chance of ${what}`).happens(checked, () => what);
  }

  log(text: string): void {
    this.lines.push(`${this.timeMs} ms${this.current === null ? '' : ` ${this.current.name}`}: ${text}`);
  }

  // --- For the driver -------------------------------------------------------------------------------------------------

  /** Runs what `always` was given. Notes the first error. */
  check(): void {
    try {
      for (const check of this.checks) check();
    } catch (error) {
      this.failed(this.current, error);
    }
  }

  /** The program of no host runs. */
  leave(): void {
    this.current = null;
  }

  stallFor(machine: Machine, delayNs: number): void {
    machine.stalledUntilNs = Math.max(machine.stalledUntilNs, this.kernel.clock.now + Math.ceil(delayNs));
  }

  /** Repairs everything: the run is over, and the programs clean up. */
  calm(): void {
    this.draws.stop();
    for (const machine of this.machines) {
      machine.stalledUntilNs = 0;
      for (const other of this.others(machine)) this.linkOf(machine, other).open();
    }
  }

  // --- For the hosts --------------------------------------------------------------------------------------------------

  get selector(): SimulateOptions['selector'] {
    return this.settings.selector;
  }

  /** The program of a host has made a selector. */
  noteSelector(selector: NativeSelector): void {
    if (selector instanceof SimulatedSelector) this.current?.noteSelector(selector);
  }

  get currentFaults(): CallFaults | null {
    return this.current?.faults ?? null;
  }

  enter(machine: Machine): void {
    this.current = machine;
    this.kernel.host = machine.kernelHost;
    this.callLog.host = machine.number;
  }

  openFilesOf(host: Host): Array<[fd: number, file: object]> {
    const { descriptors } = this.kernel;
    return descriptors.of(host).map((fd) => [fd, descriptors.get(fd)!]);
  }

  failed(machine: Machine | null, error: unknown): void {
    this.failure ??= { host: machine?.name ?? null, error, atNs: this.kernel.clock.now };
  }

  instrumentFor(machine: Machine): Instrument | null {
    return this.recorderFor(machine.name);
  }

  // --- Details --------------------------------------------------------------------------------------------------------

  private configure(a: Machine, b: Machine, plan: LinkPlan): void {
    const { leastLatencyNs, mostLatencyNs, ...rest } = plan;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const text = (more: number): string =>
        `a latency of ${(leastLatencyNs + more) / NANOSECONDS_PER_MS} ms from ${from.name} to ${to.name}`;
      const more = this.draws.about(`latency ${from.name} → ${to.name}`).upTo(mostLatencyNs - leastLatencyNs, text);
      Object.assign(this.linkOf(from, to).settings, rest, { latencyNs: leastLatencyNs + more });
    }
  }

  private linkOf(from: Machine, to: Machine): Link {
    return this.kernel.network.link(from.kernelHost, to.kernelHost);
  }

  private others(machine: Machine): Machine[] {
    return this.machines.filter((each) => each !== machine);
  }

  private directions(method: string, a: string, b: string): readonly [Link, Link] {
    const [first, second] = this.two(method, a, b);
    return [this.linkOf(first, second), this.linkOf(second, first)];
  }

  private two(method: string, a: string, b: string): [Machine, Machine] {
    const found: [Machine, Machine] = [this.machine(`${method}: host`, a), this.machine(`${method}: host`, b)];
    if (found[0] === found[1]) throw outOfRange(`${method}: hosts`, 'two different hosts', a);
    return found;
  }

  private machine(argument: string, name: string): Machine {
    const machine = this.machines.find((each) => each.name === name);
    if (machine !== undefined) return machine;
    const names = this.machines.map((each) => each.name).join(', ');
    throw outOfRange(argument, names === '' ? 'a host, of which there are none' : `one of ${names}`, name);
  }
}
