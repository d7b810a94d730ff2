/** Multicast groups: the implementation of methods of `Socket`, which has their documentation. */

import { OSError, checkNames, optionNames, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { isIPv4, isIPv6 } from '../platform/ip.js';
import { toNativeAddress } from './address.js';
import { AF_INET, AF_INET6 } from './constants.js';
import { ENOTSUP } from './errno.js';
import { interfaceIndex } from './interfaces.js';
import { descriptorFor } from './waiting.js';

/** The options of `Socket.joinGroup` and `Socket.leaveGroup`. */
export interface GroupOptions {
  /** The interface, by its name or its index. Default: the zone of an IPv6 group (`ff02::1%eth0`), or the kernel's choice. */
  readonly interface?: string | number;
  /** Receive only what this host sends (source-specific multicast): numeric IPv4 or IPv6 text. */
  readonly source?: string;
}

const OPTIONS = optionNames<GroupOptions>({ interface: true, source: true });

interface GroupSocket {
  readonly family: number;
  fileno(): number;
}

/** `Socket.joinGroup` and `Socket.leaveGroup`. */
export function changeGroup(socket: GroupSocket, join: boolean, group: string, options: GroupOptions): void {
  const { interface: given, source } = checkNames('options', options, OPTIONS);
  const { family } = socket;
  const fd = descriptorFor(socket, 'setsockopt');
  if (family !== AF_INET && family !== AF_INET6) throw new OSError(ENOTSUP, 'setsockopt');
  checkNumeric('group', group, family);
  if (source !== undefined) checkNumeric('options.source', source, family);
  const to = { ...toNativeAddress({ host: group, port: 0 }, family) };
  const index = given === undefined ? to.scopeId : interfaceIndex('options.interface', given);
  const from = source === undefined ? null : toNativeAddress({ host: source, port: 0 }, family);
  const result = native.changeGroup(fd, join, to, index, from);
  if (result < 0) throw new OSError(result, 'setsockopt', { address: group });
}

function checkNumeric(name: string, host: unknown, family: number): void {
  const isNumeric = family === AF_INET6 ? isIPv6 : isIPv4;
  if (typeof host === 'string' && isNumeric(host)) return;
  throw wrongType(name, `a numeric IPv${family === AF_INET6 ? 6 : 4} address`, host);
}
