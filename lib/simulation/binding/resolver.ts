/** Names and addresses: getaddrinfo(3) and getnameinfo(3), whose answers come after the time of a lookup. */

import type { NativeAddress, NativeBinding, NativeNameLookup, NativeResolution } from '../../native/contract.js';
import {
  type SocketAddress,
  anyHost,
  canonicalHost,
  inetAddress,
  isIPv4Host,
  isLoopback,
  unmapped,
} from '../kernel/addresses.js';
import { EINVAL } from '../kernel/errno.js';
import { EventCounter } from '../kernel/event-counter.js';
import type { Kernel } from '../kernel/kernel.js';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
} from '../kernel/numbers.js';
import type { ScheduledEvent } from '../time/event-queue.js';
import { addressFrom } from './addresses.js';

const AI_PASSIVE = 0x1;
const AI_CANONNAME = 0x2;
const AI_NUMERICHOST = 0x4;
const AI_V4MAPPED = 0x8;
const NI_NUMERICHOST = 1;
const NI_NAMEREQD = 8;

const EAI_BADFLAGS = -1;
const EAI_NONAME = -2;
const EAI_AGAIN = -3;
const EAI_NODATA = -5;
const EAI_FAMILY = -6;
const EAI_SOCKTYPE = -7;
const EAI_SERVICE = -8;
const EAI_ADDRFAMILY = -9;

type Resolved = NativeAddress & { type: number; protocol: number; canonicalName: string };

/** The types of socket that an address is for, each with its protocol; 0: any. */
const TYPES: ReadonlyArray<readonly [type: number, protocol: number]> = [
  [SOCK_STREAM, IPPROTO_TCP],
  [SOCK_DGRAM, IPPROTO_UDP],
  [SOCK_RAW, 0],
];

/** An answer that arrives after some time. Its descriptor is readable from then on. */
class Answer<T> {
  private readonly arrival: ScheduledEvent;
  private hasArrived = false;

  constructor(
    private readonly kernel: Kernel,
    private readonly fd: number,
    counter: EventCounter,
    delayNs: number,
    private readonly answer: T,
  ) {
    this.arrival = kernel.clock.after(delayNs, () => {
      this.hasArrived = true;
      counter.increment();
    });
  }

  fileno(): number {
    return this.fd;
  }

  result(): T | null {
    return this.hasArrived ? this.answer : null;
  }

  close(): void {
    this.arrival.cancel();
    if (this.fd >= 0) this.kernel.descriptors.close(this.fd);
  }
}

interface Query {
  readonly host: string | null;
  readonly service: string | null;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly flags: number;
}

/** Returns the numeric addresses that a query finds, or an EAI_* code. */
function hostsFor(query: Query, kernel: Kernel): readonly string[] | number {
  const { host, family, flags } = query;
  if (host === null) {
    if ((flags & AI_PASSIVE) !== 0) return family === AF_UNSPEC ? ['0.0.0.0', '::'] : [anyHost(family)];
    return ['::1', '127.0.0.1'];
  }
  const numeric = canonicalHost(AF_INET, host) ?? canonicalHost(AF_INET6, host);
  if (numeric !== null) return [numeric];
  if ((flags & AI_NUMERICHOST) !== 0) return EAI_NONAME;
  if (!kernel.names.answers(host)) return EAI_AGAIN;
  return kernel.names.find(host) ?? EAI_NONAME;
}

/** Returns an address in the family that was asked for; null if it has none there. */
function inFamily(address: string, { family, flags }: Query): SocketAddress | null {
  const isIPv4 = isIPv4Host(address);
  if (family === AF_UNSPEC) return inetAddress(isIPv4 ? AF_INET : AF_INET6, { host: address, port: 0 });
  if (family === AF_INET)
    return isIPv4Host(unmapped(address)) ? inetAddress(family, { host: unmapped(address), port: 0 }) : null;
  return isIPv4 && (flags & AI_V4MAPPED) === 0 ? null : inetAddress(family, { host: address, port: 0 });
}

function resolve(query: Query, kernel: Kernel): Resolved[] | number {
  const { host, service, family, type, protocol, flags } = query;
  if (host === null && service === null) return EAI_NONAME;
  if ((flags & AI_CANONNAME) !== 0 && host === null) return EAI_BADFLAGS;
  if (family !== AF_UNSPEC && family !== AF_INET && family !== AF_INET6) return EAI_FAMILY;
  const isSpecific = type !== 0 || protocol !== 0;
  const kinds = TYPES.filter((each) => fits(each, type, protocol)).slice(0, isSpecific ? 1 : TYPES.length);
  if (kinds.length === 0) return type === 0 ? EAI_SERVICE : EAI_SOCKTYPE;
  // There is no table of services, and raw sockets have no ports.
  if (service !== null && (!/^\d+$/.test(service) || kinds[0]![0] === SOCK_RAW)) return EAI_SERVICE;
  const hosts = hostsFor(query, kernel);
  if (typeof hosts === 'number') return hosts;
  const addresses = hosts.map((each) => inFamily(each, query)).filter((each) => each !== null);
  if (addresses.length === 0)
    return (canonicalHost(AF_INET, host!) ?? canonicalHost(AF_INET6, host!)) ? EAI_ADDRFAMILY : EAI_NODATA;
  const port = Number(service ?? 0) & 0xffff;
  const found = addresses.flatMap((address) =>
    kinds.map(([socketType, itsProtocol]) => {
      const { size: _, ...rest } = address;
      return { ...rest, port, type: socketType, protocol: itsProtocol || protocol, canonicalName: '' };
    }),
  );
  if ((flags & AI_CANONNAME) !== 0) found[0]!.canonicalName = host!;
  return found;
}

/** Returns true if a type of socket fits a query, in which 0 stands for any. */
function fits([itsType, itsProtocol]: readonly [number, number], type: number, protocol: number): boolean {
  return (type === 0 || type === itsType) && (protocol === 0 || itsProtocol === 0 || protocol === itsProtocol);
}

function nameOf(
  { host, port }: SocketAddress,
  flags: number,
  kernel: Kernel,
): { host: string; service: string } | number {
  const isNumeric = (flags & NI_NUMERICHOST) !== 0;
  if (!isNumeric && !kernel.names.answers(host)) return EAI_AGAIN;
  const name = isNumeric ? null : kernel.names.nameOf(unmapped(host));
  if (name === null && (flags & NI_NAMEREQD) !== 0) return EAI_NONAME;
  return { host: name ?? host, service: String(port) };
}

export function resolverCalls(kernel: Kernel): Pick<NativeBinding, 'resolve' | 'lookUpName'> {
  const { descriptors, names } = kernel;

  function later<T>(isLocal: boolean, answer: T): Answer<T> | number {
    const counter = new EventCounter();
    const fd = descriptors.add(counter);
    return fd < 0 ? fd : new Answer(kernel, fd, counter, isLocal ? 0 : names.latencyNs, answer);
  }

  return {
    resolve: (host, service, family, type, protocol, flags): NativeResolution | number => {
      if (host?.includes('\0') === true || service?.includes('\0') === true) return -EINVAL;
      const query = { host, service, family, type, protocol, flags };
      const isLocal =
        host === null || host === 'localhost' || canonicalHost(host.includes(':') ? AF_INET6 : AF_INET, host) !== null;
      return later(isLocal, resolve(query, kernel));
    },
    lookUpName: (address, flags): NativeNameLookup | number => {
      const given = addressFrom(address);
      if (typeof given === 'number') return given;
      return later(isLoopback(given.host) || (flags & NI_NUMERICHOST) !== 0, nameOf(given, flags, kernel));
    },
  };
}
