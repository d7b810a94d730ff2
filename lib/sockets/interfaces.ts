/** The network interfaces of this machine, by number and by name. */

import { OSError, checked, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { checkInt } from './arguments.js';

/** A network interface. */
export interface NetworkInterface {
  /** The number by which the kernel knows it; at least 1. */
  readonly index: number;
  /** The name, such as 'eth0'. */
  readonly name: string;
}

/** Returns all network interfaces, also those without an address. @throws OSError such as EMFILE */
export function ifNameIndex(): NetworkInterface[] {
  const interfaces = native.ifNameIndex();
  if (typeof interfaces === 'number') throw new OSError(interfaces, 'if_nameindex');
  return interfaces;
}

/** Returns the index of the interface with that name. @throws TypeError unless it is a string; OSError ENODEV if there is none */
export function ifNameToIndex(name: string): number {
  if (typeof name !== 'string') throw wrongType('name', 'the name of a network interface', name);
  return checked(native.ifNameToIndex(name), 'if_nametoindex', { address: name });
}

/** Returns the name of the interface with that index. @throws TypeError or RangeError for an invalid index; OSError ENXIO if there is none */
export function ifIndexToName(index: number): string {
  const name = native.ifIndexToName(checkInt('index', index));
  if (typeof name === 'number') throw new OSError(name, 'if_indextoname', { address: String(index) });
  return name;
}

/**
 * Returns the index of an interface that is given by name or by number.
 *
 * @throws TypeError or RangeError for anything else, OSError ENODEV if there is no interface with that name
 * @internal
 */
export function interfaceIndex(name: string, given: string | number): number {
  if (typeof given === 'string') return ifNameToIndex(given);
  if (typeof given !== 'number') throw wrongType(name, 'the name or the index of a network interface', given);
  return checkInt(name, given);
}
