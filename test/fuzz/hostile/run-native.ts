/** Runs calls of the addon, in a process that may crash. */

import { closeSync, ftruncateSync, openSync, unlinkSync } from 'node:fs';
import { setImmediate as nextIteration } from 'node:timers/promises';
import { types } from 'node:util';

import { native } from '../../../lib/native/binding.js';
import type { NativeHost, NativeResolution, NativeSelector } from '../../../lib/native/contract.js';
import { Random } from '../random.js';
import { type Pool, Resolver } from './arguments.js';
import { leftOpenAfterSettling, openDescriptors } from './descriptors.js';
import { METHODS, type NativeCall } from './native-calls.js';
import { resultCheck } from './results.js';
import { Planned, faultOfError } from './values.js';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
type Closable = NativeSelector | NativeHost | NativeResolution;

const exported = native as unknown as Record<string, AnyFunction>;
const { constants } = native;
const STREAM = constants.SOCK_STREAM! | constants.SOCK_NONBLOCK!;
/** NI_NUMERICHOST and NI_NUMERICSERV: no file is read. */
const NUMERIC = 3;
const MOST_DESCRIPTORS = 60;
/** A file with holes: positions in it need more than 32 bits. */
const FILE_BYTES = 2 ** 32 + 20;

/** Runs the calls one after the other. Returns the first thing that is wrong, or null. */
export async function runNativeCalls(calls: readonly NativeCall[], seed: number): Promise<string | null> {
  const before = openDescriptors();
  const run = new NativeRun(new Random(seed));
  try {
    for (const call of calls) {
      const fault = run.call(call);
      if (fault !== null) return `${call.name}: ${fault}`;
    }
    await nextIteration(); // a started host iterates
  } finally {
    run.close();
  }
  return await leftOpenAfterSettling(before);
}

class NativeRun implements Pool {
  private readonly descriptors: number[] = [];
  private readonly objects = new Map<string, Closable[]>();
  private readonly watched: Array<readonly [signal: number, fd: number]> = [];
  private readonly children: number[] = [];
  private readonly resolver: Resolver;
  private readonly file: number;

  constructor(private readonly random: Random) {
    this.resolver = new Resolver(this, () => this.sideEffect());
    this.addDescriptors();
    this.file = this.makeFile();
  }

  fd(index: number): number {
    if (this.descriptors.length === 0) this.addDescriptors();
    return this.descriptors[index % this.descriptors.length]!;
  }

  object(type: string, index: number): unknown {
    if (type === 'File') return this.file;
    const list = this.objects.get(type) ?? [];
    this.objects.set(type, list);
    if (list.length <= index % 3) list.push(this.make(type));
    return list[index % list.length];
  }

  call({ name, on, args }: NativeCall): string | null {
    const [type, method] = name.split('.') as [string, string?];
    const values = args.map((each) => this.resolver.value(each));
    // A number that is not ours would close or use a descriptor of Node.
    if (values.some((value) => this.isForeign(value))) return null;
    const check = resultCheck(name, values);
    let result: unknown;
    try {
      if (type.startsWith('new '))
        result = new (exported[type.slice(4)] as unknown as new (...all: unknown[]) => unknown)(...values);
      else if (method === undefined) result = exported[type]!(...values);
      else result = (this.prototypeOf(type)[method] as AnyFunction).apply(this.resolver.value(on), values);
    } catch (error) {
      return faultOfError(error, true) ?? this.resolver.live.guarded.check();
    }
    this.keep(name, values, result);
    return check(result) ?? this.resolver.live.guarded.check();
  }

  private prototypeOf(type: string): Record<string, AnyFunction> {
    return Object.getPrototypeOf(this.object(type, 0)) as Record<string, AnyFunction>;
  }

  private isForeign(value: unknown): boolean {
    if (types.isProxy(value)) return false;
    if (types.isInt32Array(value) || Array.isArray(value))
      return Array.from({ length: value.length }, (_, i) => value[i] as unknown).some((each) => this.isForeign(each));
    const isDescriptor = Number.isInteger(value) && (value as number) > 2 && (value as number) < 2 ** 31;
    return isDescriptor && !this.descriptors.includes(value as number) && native.probe(value as number) === 0;
  }

  /** Takes note of what must be closed or undone. */
  private keep(name: string, values: unknown[], result: unknown): void {
    if (['socket', 'dup', 'accept', 'eventfd'].includes(name)) this.own(result as number);
    else if ((name === 'socketpair' || name === 'pipe') && result === 0) {
      for (const fd of [...(values[name === 'pipe' ? 0 : 3] as Int32Array)].slice(0, 2)) this.own(fd);
    } else if (name === 'close') this.disown(values[0] as number);
    else if (name === 'recvMsg') for (const fd of receivedBy(values[6])) this.own(fd);
    else if (name === 'recvMsgInto') for (const fd of receivedBy(values[4])) this.own(fd);
    else if (name === 'watchSignal' && result === 0) this.watched.push([values[0] as number, values[1] as number]);
    else if (name === 'spawn' && result === 0) this.children.push((values[7] as Int32Array)[1]!);
    else if (typeof result === 'object' && result !== null && (name === 'resolve' || name === 'lookUpName')) {
      const type = name === 'resolve' ? 'Resolution' : 'NameLookup';
      this.objects.set(type, [...(this.objects.get(type) ?? []), result as NativeResolution]);
    }
    if (this.descriptors.length > MOST_DESCRIPTORS)
      for (const fd of [...this.descriptors].slice(0, 20)) this.closeFd(fd);
  }

  private own(fd: number): void {
    if (!Number.isInteger(fd) || fd <= 2) return;
    native.setNonBlocking(fd, true);
    this.descriptors.push(fd);
  }

  private disown(fd: number): void {
    const at = this.descriptors.indexOf(fd);
    if (at >= 0) this.descriptors.splice(at, 1);
  }

  private closeFd(fd: number): void {
    native.disown(fd);
    native.close(fd);
    this.disown(fd);
  }

  private addDescriptors(): void {
    const pair = new Int32Array(2);
    if (native.socketpair(constants.AF_UNIX!, STREAM, 0, pair) === 0) for (const fd of pair) this.own(fd);
    if (native.pipe(pair) === 0) for (const fd of pair) this.own(fd);
    this.own(native.socket(constants.AF_INET!, STREAM, 0));
    this.own(native.socket(constants.AF_INET!, constants.SOCK_DGRAM!, 0));
    this.own(native.eventfd());
  }

  private makeFile(): number {
    const path = `sparse-${process.pid}`;
    const file = openSync(path, 'w+');
    unlinkSync(path);
    try {
      ftruncateSync(file, FILE_BYTES);
    } catch {
      closeSync(file); // a file system without such files
      return -1;
    }
    this.own(file);
    return file;
  }

  private make(type: string): Closable {
    if (type === 'Resolution')
      return native.resolve('127.0.0.1', null, 0, 0, 0, constants.AI_NUMERICHOST!) as NativeResolution;
    if (type === 'NameLookup') {
      const address = { family: constants.AF_INET!, host: '127.0.0.1', port: 1, flowInfo: 0, scopeId: 0, path: '' };
      return native.lookUpName(address, NUMERIC) as unknown as NativeResolution;
    }
    const made = new (exported[type] as unknown as new () => Closable)();
    if ('open' in made) made.open();
    return made;
  }

  private sideEffect(): void {
    const { random } = this;
    random.pick([
      () => this.closeFd(this.fd(random.between(0, 19))),
      () => this.resolver.live.change(),
      () => globalThis.gc?.(),
      () => this.addDescriptors(),
      () => {
        const selector = this.object(
          random.pick(['SelectSelector', 'EpollSelector']),
          random.between(0, 9),
        ) as NativeSelector;
        selector.close();
      },
      () => {
        throw new Planned('thrown by a getter');
      },
    ])();
  }

  close(): void {
    for (const [signal, fd] of this.watched) native.unwatchSignal(signal, fd);
    for (const child of this.children) {
      native.signalChild(child, 9);
      native.releaseChild(child);
    }
    for (const list of this.objects.values()) for (const each of list) closeObject(each);
    for (const fd of [...this.descriptors]) this.closeFd(fd);
  }
}

function closeObject(object: Closable): void {
  if ('stop' in object) object.stop();
  else object.close();
}

/** Returns the descriptors that `recvMsg` has put into its message. */
function receivedBy(message: unknown): number[] {
  if (types.isProxy(message)) return [];
  const { fds } = message as { fds?: unknown };
  return Array.isArray(fds) ? fds.filter((fd) => typeof fd === 'number') : [];
}

/** Returns the exports of the addon that no call reaches. */
export function unreachedExports(reached: readonly string[]): string[] {
  const classes = new Set(Object.keys(METHODS));
  const functions = Object.entries(exported).filter(
    ([name, value]) => typeof value === 'function' && name !== 'now', // it is Node's, and takes no arguments
  );
  const missing = functions.map(([name]) => name).filter((name) => !classes.has(name) && !reached.includes(name));
  for (const [type] of functions.filter(([name]) => classes.has(name))) {
    for (const method of Object.getOwnPropertyNames(exported[type]!.prototype)) {
      if (method !== 'constructor' && !reached.includes(`${type}.${method}`)) missing.push(`${type}.${method}`);
    }
  }
  return missing;
}
