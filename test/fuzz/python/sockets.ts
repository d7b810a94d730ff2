/** The interpreter of socket programs (socket-program.ts) on `selectloop/sockets` and `/selectors`. Its other half is socket_programs.py. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as sockets from 'selectloop/sockets';
import { type Address, Socket, fd, socketpair } from 'selectloop/sockets';
import { type Selector, selectorByName } from 'selectloop/selectors';

import {
  type Call,
  type Flag,
  type OptionName,
  type PlaceName,
  SLOTS,
  type Slot,
  type SocketProgram,
} from './socket-program.js';

const { AF_INET, AF_INET6, AF_UNIX } = sockets;
const FAMILIES = { inet: AF_INET, inet6: AF_INET6, unix: AF_UNIX };
const TYPES = { stream: sockets.SOCK_STREAM, datagram: sockets.SOCK_DGRAM, seqpacket: sockets.SOCK_SEQPACKET };
const IP_OPTIONS = { TCP_NODELAY: sockets.IPPROTO_TCP, TCP_CORK: sockets.IPPROTO_TCP, IP_TTL: sockets.IPPROTO_IP };

/** Runs a program and returns one line for each call. */
export function runSockets({ selector, calls }: SocketProgram): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const interpreter = new Interpreter(new (selectorByName(selector))<Slot>(), folder);
  try {
    return calls.map((call) => interpreter.outcome(call));
  } finally {
    interpreter.close();
    rmSync(folder, { recursive: true });
  }
}

class Interpreter {
  private readonly slots: Array<Socket | null> = Array.from({ length: SLOTS }, () => null);
  /** The numbers that ports have in the log, in the order in which they appear. */
  private readonly ports = new Map<number, number>();
  private sent = 0;

  constructor(
    private readonly selector: Selector<Slot>,
    private readonly folder: string,
  ) {}

  outcome(call: Call): string {
    try {
      return this.run(call);
    } catch (error) {
      return outcomeOf(error);
    }
  }

  close(): void {
    this.selector.close();
    for (const socket of this.slots) socket?.close();
  }

  private run(call: Call): string {
    switch (call[0]) {
      case 'socketpair': {
        const [a, b] = socketpair(AF_UNIX, TYPES[call[3]]);
        this.put(call[1], a);
        this.put(call[2], b);
        return 'ok';
      }
      case 'socket':
        this.put(call[1], new Socket(FAMILIES[call[2]], TYPES[call[3]]));
        return 'ok';
      case 'select':
        return this.selected();
      case 'getMap':
        return [...this.selector.getMap().values()]
          .map((key) => `${key.data}:${key.events}`)
          .sort()
          .join(' ');
      default:
        return this.on(this.slots[call[1]]!, call);
    }
  }

  /** Makes a call on the socket of its first slot. */
  private on(
    socket: Socket | null,
    call: Exclude<Call, readonly ['socketpair' | 'socket' | 'select' | 'getMap', ...unknown[]]>,
  ): string {
    if (socket === null) return 'no socket';
    switch (call[0]) {
      case 'bind':
        socket.bind(this.placeOf(call[2], socket));
        return 'ok';
      case 'listen':
        socket.listen(call[2]);
        return 'ok';
      case 'connect':
      case 'connectEx': {
        const target = this.slots[call[2]];
        if (target == null) return 'no socket';
        const address = target.getsockname();
        if (call[0] === 'connectEx') return connectResult(socket.connectEx(address));
        socket.connect(address);
        return 'ok';
      }
      case 'accept': {
        const accepted = socket.accept();
        this.put(call[2], accepted.socket);
        return this.addressText(accepted.address);
      }
      case 'shutdown':
        socket.shutdown(call[2]);
        return 'ok';
      case 'getsockname':
        return this.addressText(socket.getsockname());
      case 'getpeername':
        return this.addressText(socket.getpeername());
      case 'setsockopt':
        socket.setsockopt(levelOf(call[2]), sockets[call[2]], call[3]);
        return 'ok';
      case 'getsockopt':
        return `${socket.getsockopt(levelOf(call[2]), sockets[call[2]])}`;
      case 'setTimeout':
        socket.setTimeout(call[2]);
        return 'ok';
      case 'getTimeout':
        return socket.fileno() < 0 ? 'closed' : `${socket.getTimeout()}`;
      case 'fileno':
        return socket.fileno() < 0 ? 'closed' : 'open';
      case 'dup':
        this.put(call[2], socket.dup());
        return 'ok';
      case 'handOver':
        return this.handOver(socket, call[1], call[2]);
      case 'close':
        this.forget(call[1]);
        socket.close();
        return 'ok';
      case 'register':
      case 'modify':
      case 'unregister':
      case 'getKey':
      case 'closeRegistered':
        return this.select(socket, call);
      default:
        return this.transfer(socket, call);
    }
  }

  private transfer(
    socket: Socket,
    call: Call &
      readonly ['send' | 'sendAll' | 'sendTo' | 'sendMsg' | 'recv' | 'recvInto' | 'recvFrom' | 'recvMsg', ...unknown[]],
  ): string {
    switch (call[0]) {
      case 'send':
        return `${socket.send(this.bytes(call[2]), flagOf(call[3]))}`;
      case 'sendAll':
        socket.sendAll(this.bytes(call[2]), flagOf(call[3]));
        return 'ok';
      case 'sendTo': {
        const target = this.slots[call[3]];
        if (target == null) return 'no socket';
        const address = target.getsockname();
        return `${socket.sendTo(this.bytes(call[2]), address)}`;
      }
      case 'sendMsg': {
        const given = call[3] === null ? null : this.slots[call[3]];
        const passed = given?.family === sockets.AF_UNIX ? null : given; // as in socket_programs.py, which says why
        const fds = passed == null || passed.fileno() < 0 ? [] : Array<number>(call[4]).fill(passed.fileno());
        return `${socket.sendMsg(
          call[2].map((size) => this.bytes(size)),
          { fds },
        )}`;
      }
      case 'recv':
        return bytesText(socket.recv(call[2], flagOf(call[3])));
      case 'recvInto': {
        const buffer = Buffer.alloc(call[2]);
        const got = socket.recvInto(buffer, flagOf(call[3]));
        return bytesText(buffer.subarray(0, got));
      }
      case 'recvFrom': {
        const { data, address } = socket.recvFrom(call[2], flagOf(call[3]));
        return `${bytesText(data)} from ${this.addressText(address)}`;
      }
      case 'recvMsg': {
        const { data, address, fds, flags } = socket.recvMsg(call[2], { maxFds: call[3] });
        for (const each of fds) fd.close(each);
        return `${bytesText(data)} from ${this.addressText(address)} fds ${fds.length} flags ${flags}`;
      }
    }
  }

  private select(
    socket: Socket,
    call: Call & readonly ['register' | 'modify' | 'unregister' | 'getKey' | 'closeRegistered', ...unknown[]],
  ): string {
    const { selector } = this;
    switch (call[0]) {
      case 'register':
        return keyText(selector.register(socket, call[2], call[1]));
      case 'modify':
        return keyText(selector.modify(socket, call[2], call[1]));
      case 'unregister':
        return keyText(selector.unregister(socket));
      case 'getKey':
        return keyText(selector.getKey(socket));
      case 'closeRegistered':
        // Before anything else can get the number of the descriptor.
        socket.close();
        return keyText(selector.unregister(socket));
    }
  }

  private selected(): string {
    const ready = this.selector.select(0).map(([key, events]) => `${key.data}:${events}`);
    return ready.sort().join(' ');
  }

  /** Detaches the descriptor and makes another socket of it. */
  private handOver(socket: Socket, from: Slot, to: Slot): string {
    this.forget(from);
    const number = socket.detach();
    if (number < 0) return 'closed';
    const again = Socket.fromFd(number);
    this.put(to, again);
    return `family ${familyName(again.family)} type ${again.type}`;
  }

  /** Puts a non-blocking socket into a slot, and closes the one that was there. */
  private put(slot: Slot, socket: Socket): void {
    this.forget(slot);
    this.slots[slot]?.close();
    socket.setTimeout(0);
    this.slots[slot] = socket;
  }

  /** A socket must be unregistered before it is closed: its number goes to the next one. */
  private forget(slot: Slot): void {
    const socket = this.slots[slot];
    if (socket == null || socket.fileno() < 0) return;
    try {
      this.selector.unregister(socket);
    } catch {
      // It was not registered.
    }
  }

  private bytes(size: number): Buffer {
    this.sent += 1;
    return Buffer.alloc(size, this.sent % 251);
  }

  private placeOf(place: PlaceName, socket: Socket): Address {
    if (place[0] === 'any') return { host: socket.family === AF_INET6 ? '::1' : '127.0.0.1', port: 0 };
    if (place[0] === 'auto') return { path: '' };
    return { path: place[0] === 'file' ? join(this.folder, `${place[1]}`) : `\0${this.folder}${place[1]}` };
  }

  private addressText(address: Address | null): string {
    if (address === null) return 'nobody';
    if ('host' in address) return `${address.host} port ${this.portText(address.port)}`;
    const path = String(address.path);
    if (path === '') return 'nobody';
    if (path.startsWith('\0') && !path.includes(this.folder)) return 'a name of the kernel';
    return path.replace(this.folder, 'folder').replace('\0', 'abstract ');
  }

  private portText(port: number): string {
    if (port === 0) return '0';
    const known = this.ports.get(port) ?? this.ports.size + 1;
    this.ports.set(port, known);
    return `#${known}`;
  }
}

const familyName = (family: number): string => Object.entries(FAMILIES).find(([, each]) => each === family)![0];
const flagOf = (flag: Flag): number => (flag === '' ? 0 : sockets[flag]);
const levelOf = (option: OptionName): number =>
  option in IP_OPTIONS ? IP_OPTIONS[option as keyof typeof IP_OPTIONS] : sockets.SOL_SOCKET;
const keyText = (key: { readonly data: Slot; readonly events: number }): string => `key ${key.data}:${key.events}`;
const connectResult = (result: number): string => (result === 0 ? 'ok' : `errno ${-result}`);
const bytesText = (data: Buffer): string =>
  `${data.length} bytes, first ${data[0] ?? 'none'}, sum ${data.reduce((sum, byte) => sum + byte, 0)}`;

/** Returns the name of an error that both languages have. */
function outcomeOf(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  const { code, syscall } = error as { code?: string; syscall?: string };
  if (error.name === 'TimeoutError' && syscall === undefined) return 'timeout';
  if (error instanceof TypeError || error instanceof RangeError) return 'misuse';
  return code ?? String(error);
}
