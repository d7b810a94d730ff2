/** What stands in for the addon on a system that is not Linux: the library loads there, to run on the simulated kernel. */

import { linuxConstants } from '../platform/linux-constants.js';
import type { NativeBinding } from './contract.js';

/** Has the code ERR_NEEDS_LINUX. */
function needsLinux(system: string, call: string): Error {
  const message = `${call}: expected Linux, whose system calls the library makes, got ${system}; simulated programs run here`;
  return Object.assign(new Error(message), { code: 'ERR_NEEDS_LINUX' });
}

/**
 * Returns a binding with the constants of Linux and a clock. Every call throws an Error with the code ERR_NEEDS_LINUX.
 *
 * @param system its name, for the message
 */
export function absentKernel(system: string, now: () => number): NativeBinding {
  const known = {
    get constants() {
      return linuxConstants();
    },
    hasEpollPwait2: true,
    now,
    adoptCreated() {
      // No descriptor will ever be created.
    },
  };
  return new Proxy(known, {
    get(target, name) {
      if (typeof name === 'symbol' || Object.hasOwn(target, name)) return Reflect.get(target, name) as unknown;
      // A class where the binding has a class, otherwise a function.
      return function absent(): never {
        throw needsLinux(system, name);
      };
    },
  }) as unknown as NativeBinding;
}
