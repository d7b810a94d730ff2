/** Runs a program of system calls on a kernel: that of this machine or the simulated one. */

import type { NativeAddress, NativeBinding, NativeMessage, NativeSelector } from '../../../lib/native/contract.js';
import { constants } from '../../../lib/simulation/binding/constants.js';
import {
  type Call,
  type ControlName,
  type Family,
  type Flag,
  type Place,
  SLOTS,
  type Slot,
  type SocketType,
} from './program.js';

const C = constants;
const FAMILIES: Record<Family, number> = { inet: C.AF_INET!, inet6: C.AF_INET6!, unix: C.AF_UNIX! };
const TYPES: Record<SocketType, number> = {
  stream: C.SOCK_STREAM!,
  datagram: C.SOCK_DGRAM!,
  seqpacket: C.SOCK_SEQPACKET!,
};
const ERRORS = new Map(
  Object.entries(C)
    .filter(([name]) => /^E(?!AI_)[A-Z]/.test(name) && name !== 'EWOULDBLOCK' && name !== 'ENOTSUP')
    .map(([name, number]) => [-number, name]),
);
const READ_OR_WRITE = 3;

const emptyAddress = (): NativeAddress => ({
  family: 0,
  host: '',
  port: 0,
  flowInfo: 0,
  scopeId: 0,
  path: '',
});

/** What a program needs of its surroundings. */
export interface Surroundings {
  /** A folder for socket files; its name is also the beginning of abstract names. */
  readonly folder: string;
  /** The lowest number that a new descriptor gets. */
  readonly firstFd: number;
  /** Lets the kernel finish what it does in the background. */
  readonly settle: () => void;
}

/** The descriptors, selectors and ports of a running program. */
export class Machine {
  private readonly fds: number[] = Array<number>(SLOTS).fill(-1);
  private readonly opened = new Set<number>();
  private readonly selectors: NativeSelector[];
  /** The numbers that ports have in the log, in the order in which they appear. */
  private readonly ports = new Map<number, number>();
  private sent = 0;
  /** The arrays of the present call. */
  private readonly lent: Uint8Array[] = [];

  constructor(
    private readonly native: NativeBinding,
    private readonly surroundings: Surroundings,
  ) {
    this.selectors = [new native.EpollSelector(), new native.PollSelector(), new native.SelectSelector()];
    for (const selector of this.selectors) selector.open();
  }

  /** Makes a call. Returns its outcome, and the state of all descriptors after it. */
  step(call: Call): string {
    const outcome = this.run(call);
    // They are the caller's again. A kernel that has kept one would deliver other bytes than were sent, or change its bytes later.
    for (const array of this.lent.splice(0)) array.fill(0xee);
    this.surroundings.settle();
    return `${outcome} | ${this.states()}`;
  }

  close(): void {
    for (const selector of this.selectors) selector.close();
    for (const fd of this.opened) this.native.close(fd);
  }

  private states(): string {
    return this.fds
      .map((fd) => (fd < 0 ? '-' : this.result(this.native.wait(fd, READ_OR_WRITE, 0)).replace('EBADF', 'x')))
      .join(' ');
  }

  private run(call: Call): string {
    const { native, fds } = this;
    const fd = typeof call[1] === 'number' ? (fds[call[1]] ?? -1) : -1;
    switch (call[0]) {
      case 'socketpair': {
        const pair = new Int32Array(2);
        const result = native.socketpair(FAMILIES.unix, TYPES[call[3]], 0, pair);
        return this.putPair(call[1], call[2], pair, result);
      }
      case 'pipe': {
        const pair = new Int32Array(2);
        return this.putPair(call[1], call[2], pair, native.pipe(pair));
      }
      case 'eventfd':
        return this.put(call[1], native.eventfd());
      case 'socket':
        return this.put(call[1], native.socket(FAMILIES[call[2]], TYPES[call[3]], 0));
      case 'bind':
        return this.result(native.bind(fd, this.placeOf(call[2], fd)));
      case 'listen':
        return this.result(native.listen(fd, call[2]));
      case 'bindTo':
      case 'connect': {
        const address = emptyAddress();
        const target = native.getsockname(fds[call[2]]!, address);
        if (target < 0) return `target ${this.result(target)}`;
        return this.result(call[0] === 'connect' ? native.connect(fd, address) : native.bind(fd, address));
      }
      case 'disconnect':
        return this.result(native.connect(fd, { ...emptyAddress(), path: '\0'.repeat(14) }));
      case 'accept': {
        const address = emptyAddress();
        const accepted = native.accept(fd, true, address);
        return accepted < 0 ? this.result(accepted) : `${this.put(call[2], accepted)} ${this.addressText(address)}`;
      }
      case 'dup':
        return this.put(call[2], native.dup(fd));
      case 'close':
        this.opened.delete(fd);
        return this.result(native.close(fd));
      case 'probe':
        return this.result(native.probe(fd));
      case 'notify':
        return this.result(native.notify(fd));
      case 'drain':
        return this.result(native.drain(fd));
      case 'getsockname':
      case 'getpeername': {
        const address = emptyAddress();
        const result = native[call[0]](fd, address);
        return result < 0 ? this.result(result) : this.addressText(address);
      }
      case 'shutdown':
        return this.result(native.shutdown(fd, call[2]));
      case 'setsockopt': {
        const value = new Uint8Array(Int32Array.of(call[3]).buffer);
        return this.result(native.setsockopt(fd, levelOf(call[2]), C[call[2]]!, value));
      }
      case 'linger': {
        const value = new Uint8Array(Int32Array.of(call[2], call[3]).buffer);
        return this.result(native.setsockopt(fd, C.SOL_SOCKET!, C.SO_LINGER!, value));
      }
      case 'getsockopt': {
        const value = new Uint8Array(8);
        const length = native.getsockopt(fd, levelOf(call[2]), C[call[2]]!, value);
        return length < 0 ? this.result(length) : [...new Int32Array(value.buffer, 0, length >> 2)].join(' ');
      }
      case 'register':
      case 'modify':
        return this.selectors.map((selector) => this.result(selector[call[0]](fd, call[2]))).join(' ');
      case 'unregister':
        return this.selectors.map((selector) => this.result(selector.unregister(fd))).join(' ');
      case 'select':
        return this.selectors.map((selector) => this.selected(selector, call[1])).join('; ');
      default:
        return this.transfer(fd, call);
    }
  }

  private transfer(fd: number, call: Call): string {
    const { native, fds } = this;
    switch (call[0]) {
      case 'send':
        return this.result(native.send(fd, this.bytes(call[2]), 0, call[2], this.sendFlag(fd, call[3])));
      case 'sendTo': {
        const address = emptyAddress();
        const target = native.getsockname(fds[call[3]]!, address);
        if (target < 0) return `target ${this.result(target)}`;
        return this.result(native.sendTo(fd, this.bytes(call[2]), 0, call[2], 0, address));
      }
      case 'sendMsg': {
        const passed = call[3] === null ? [] : Array<number>(call[4]).fill(fds[call[3]]!);
        const buffers = call[2].map((size) => this.bytes(size));
        return this.result(native.sendMsg(fd, buffers, passed, 0, null));
      }
      case 'sendControl': {
        const address = emptyAddress();
        const target = call[3] === null ? 0 : native.getsockname(fds[call[3]]!, address);
        if (target < 0) return `target ${this.result(target)}`;
        const control = controlOf(call[4], call[5]);
        return this.result(
          native.sendMsg(fd, [this.bytes(call[2])], [], 0, call[3] === null ? null : address, control),
        );
      }
      case 'write':
        return this.result(native.write(fd, this.bytes(call[2]), 0, call[2]));
      case 'writev':
        return this.result(native.writev(fd, call[2].map((size) => this.bytes(size)))); // prettier-ignore
      case 'sendEach': {
        const data = this.bytes(call[2].reduce((sum, size) => sum + size, 0));
        const calls = Int32Array.from(call[2].flatMap((size) => [fd, 0, size]));
        native.sendEach(calls, call[2].length, data);
        return call[2].map((_, i) => this.result(calls[3 * i + 2]!)).join(' ');
      }
      case 'sendMany': {
        const [sizes, count] = [call[2], call[2].length];
        const records = Int32Array.from(sizes.flatMap((size) => [0, size, 0, 0]));
        const data = this.bytes(sizes.reduce((most, size) => Math.max(most, size), 0));
        return this.result(native.sendMany(fd, records, 0, count, data, new Uint8Array(128 * count), 0));
      }
      case 'recvMany': {
        const [room, count] = [call[2], 3];
        const records = Int32Array.from(Array.from({ length: count }, (_, i) => [room * i, room, 0, 0]).flat());
        const data = new Uint8Array(room * count);
        const addresses = new Uint8Array(128 * count);
        const received = native.recvMany(fd, records, 0, count, data, addresses, 0);
        const senders = Array.from({ length: Math.max(received, 0) }, (_, i) => {
          const address = emptyAddress();
          native.decodeAddress(addresses.subarray(128 * i, 128 * i + records[4 * i + 2]!), address);
          return `${records[4 * i + 1]} ${records[4 * i + 3]} from ${this.addressText(address)}`;
        });
        return `${this.result(received)} ${senders.join(', ')} ${hash(data)}`;
      }
      case 'recv': {
        const data = this.lend(new Uint8Array(call[2]));
        return this.received(native.recv(fd, data, 0, call[2], call[3] === '' ? 0 : C[call[3]]!), data);
      }
      case 'recvFrom': {
        const data = this.lend(new Uint8Array(call[2]));
        const address = emptyAddress();
        const count = native.recvFrom(fd, data, 0, call[2], call[3] === '' ? 0 : C[call[3]]!, address);
        return `${this.received(count, data)} from ${this.addressText(address)}`;
      }
      case 'recvMsg': {
        const data = this.lend(new Uint8Array(call[2]));
        const message: NativeMessage = { ...emptyAddress(), fds: [], flags: 0, control: null };
        const count = native.recvMsg(fd, data, 0, call[2], call[3], 0, message, call[2] % 97);
        return `${this.received(count, data)} ${this.messageText(message, call[4])}`;
      }
      case 'recvMsgInto': {
        const buffers = call[2].map((size) => this.lend(new Uint8Array(size)));
        const message: NativeMessage = { ...emptyAddress(), fds: [], flags: 0, control: null };
        const count = native.recvMsgInto(fd, buffers, call[3], 0, message);
        return `${this.received(count, Buffer.concat(buffers))} ${this.messageText(message, null)}`;
      }
      case 'read': {
        const data = this.lend(new Uint8Array(call[2]));
        return this.received(native.read(fd, data, 0, call[2]), data);
      }
      case 'recvEach': {
        const data = this.lend(new Uint8Array(call[2]));
        const each = Int32Array.from(call[1], (slot) => fds[slot]!);
        const tried = native.recvEach(each, each.length, data, 0, data.length, 1);
        return `${tried}: ${[...each.subarray(0, tried)].map((n) => this.result(n)).join(' ')} ${hash(data)}`;
      }
      default:
        throw new Error(`no such call: ${call[0]}`);
    }
  }

  /**
   * Returns the flag of a send. TCP gets no MSG_MORE: whether the next segment of the peer releases the bytes depends on the timing of
   * acknowledgements on Linux, so there is nothing to compare.
   */
  private sendFlag(fd: number, flag: Flag): number {
    if (flag === '') return 0;
    const protocol = new Int32Array(1);
    this.native.getsockopt(fd, C.SOL_SOCKET!, C.SO_PROTOCOL!, new Uint8Array(protocol.buffer));
    return flag === 'MSG_MORE' && protocol[0] === C.IPPROTO_TCP ? 0 : C[flag]!;
  }

  private selected(selector: NativeSelector, capacity: number): string {
    const ready = new Int32Array(2 * capacity);
    const count = selector.select(0, ready);
    if (count < 0) return this.result(count);
    // Which descriptors are reported first depends on the mechanism, so a short list only has a length.
    if (count === capacity) return `${count} or more`;
    const pairs = Array.from({ length: count }, (_, i) => `${this.numberText(ready[2 * i]!)}:${ready[2 * i + 1]}`);
    return pairs.sort().join(' ');
  }

  private messageText(message: NativeMessage, into: Slot | null): string {
    const { fds, flags } = message;
    const names = fds.map((fd) => this.numberText(fd)).join(',');
    for (const fd of fds.slice(into === null ? 0 : 1)) this.native.close(fd);
    if (into !== null && fds[0] !== undefined) this.put(into, fds[0]);
    const control = message.control === null ? '' : ` control ${message.control.join()}`;
    return `from ${this.addressText(message)} fds [${names}] flags ${flags}${control}`;
  }

  private put(slot: Slot, fd: number): string {
    if (fd < 0) return this.result(fd);
    this.opened.add(fd);
    this.fds[slot] = fd;
    this.native.setNonBlocking(fd, true);
    return `fd ${this.numberText(fd)}`;
  }

  private putPair(a: Slot, b: Slot, pair: Int32Array, result: number): string {
    return result < 0 ? this.result(result) : `${this.put(a, pair[0]!)} ${this.put(b, pair[1]!)}`;
  }

  /** Bytes that differ from call to call and from place to place. */
  private bytes(size: number): Uint8Array {
    this.sent += 1;
    return this.lend(Uint8Array.from({ length: size }, (_, i) => (this.sent * 31 + i) % 251));
  }

  private lend(array: Uint8Array): Uint8Array {
    this.lent.push(array);
    return array;
  }

  private placeOf(place: Place, fd: number): NativeAddress {
    if (place[0] === 'any') {
      const address = emptyAddress();
      this.native.getsockname(fd, address);
      const isIPv6 = address.family === FAMILIES.inet6;
      return { ...emptyAddress(), family: isIPv6 ? FAMILIES.inet6 : FAMILIES.inet, host: isIPv6 ? '::1' : '127.0.0.1' };
    }
    const { folder } = this.surroundings;
    const path = place[0] === 'auto' ? '' : place[0] === 'file' ? `${folder}/${place[1]}` : `\0${folder}${place[1]}`;
    return { ...emptyAddress(), family: FAMILIES.unix, path };
  }

  private result(number: number): string {
    return number >= 0 ? `${number}` : (ERRORS.get(number) ?? `errno ${-number}`);
  }

  private numberText(fd: number): string {
    return `${fd - this.surroundings.firstFd}`;
  }

  private received(count: number, data: Uint8Array): string {
    return count < 0 ? this.result(count) : `${count} bytes ${hash(data)}`;
  }

  private addressText({ family, host, port, path }: NativeAddress): string {
    if (host !== '') return `${host} port ${this.portText(port)}`;
    const { folder } = this.surroundings;
    const isOfKernel = path.startsWith('\0') && !path.includes(folder);
    return `family ${family} ${isOfKernel ? 'a name of the kernel' : path.replace(folder, 'folder').replace('\0', '@')}`;
  }

  private portText(port: number): string {
    if (port === 0) return '0';
    const known = this.ports.get(port) ?? this.ports.size + 1;
    this.ports.set(port, known);
    return `#${known}`;
  }
}

/** Returns a control message in the form of the contract. The addresses are those of this machine, and others. */
function controlOf(name: ControlName, value: number): Uint8Array {
  const number = new Uint8Array(Int32Array.of(value).buffer);
  const isOwn = value % 3 !== 0;
  const loopback6 = [...Array<number>(15).fill(0), isOwn ? 1 : 0, 0, 0, 0, 0];
  const data = {
    IP_PKTINFO: Uint8Array.of(0, 0, 0, 0, isOwn ? 127 : 0, 0, 0, isOwn ? 1 : 0, 0, 0, 0, 0),
    IPV6_PKTINFO: Uint8Array.from(loopback6),
    unknown: number,
  }[name as string];
  const bytes = data ?? number;
  const level = name === 'unknown' ? C.SOL_SOCKET! : levelOf(name);
  const header = new Uint8Array(Int32Array.of(level, name === 'unknown' ? 999 : C[name]!, bytes.length).buffer);
  return Uint8Array.from([...header, ...bytes]);
}

/** Returns the level of an option. */
function levelOf(option: string): number {
  if (option.startsWith('TCP_')) return C.IPPROTO_TCP!;
  if (option.startsWith('IPV6_')) return C.IPPROTO_IPV6!;
  return option.startsWith('IP_') ? C.IPPROTO_IP! : C.SOL_SOCKET!;
}

/** A short text that differs for different bytes (FNV-1a). */
function hash(bytes: Uint8Array): string {
  let sum = 0x811c_9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x0100_0193);
  return (sum >>> 0).toString(16);
}
