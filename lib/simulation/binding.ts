/** The simulated kernel as a {@link NativeBinding}: the same calls as the addon's, with the same results. */

import type { NativeAddress, NativeBinding } from '../native/contract.js';
import { absentCalls } from './binding/absent-calls.js';
import { addressFrom, decode, encode, fillAddress } from './binding/addresses.js';
import { plain } from './binding/arguments.js';
import { constants } from './binding/constants.js';
import { descriptorCalls } from './binding/descriptor-calls.js';
import { SimulatedEpollSelector } from './binding/epoll-selector.js';
import { type NextTurn, SimulatedHost, nextTurnOfNode } from './binding/host.js';
import { messageCalls } from './binding/message-calls.js';
import { resolverCalls } from './binding/resolver.js';
import { SimulatedPollSelector, SimulatedSelectSelector } from './binding/selector.js';
import { signalCalls } from './binding/signal-calls.js';
import { socketCalls } from './binding/socket-calls.js';
import { ENODEV } from './kernel/errno.js';
import type { Kernel } from './kernel/kernel.js';
import { NANOSECONDS_PER_MS } from './time/clock.js';

const LOOPBACK = { index: 1, name: 'lo' };
const ENXIO = 6;

/** Returns the calls of a kernel. @param nextTurn schedules the iterations of hosted loops; default: with `setImmediate` */
export function simulatedBinding(kernel: Kernel, nextTurn: NextTurn = nextTurnOfNode): NativeBinding {
  const binding = {
    SelectSelector: class extends SimulatedSelectSelector {
      constructor() {
        super(kernel);
      }
    },
    PollSelector: class extends SimulatedPollSelector {
      constructor() {
        super(kernel);
      }
    },
    EpollSelector: class extends SimulatedEpollSelector {
      constructor() {
        super(kernel);
      }
    },
    Host: class extends SimulatedHost {
      constructor() {
        super(kernel, nextTurn);
      }
    },
    constants,
    hasEpollPwait2: true,
    ...descriptorCalls(kernel),
    ...socketCalls(kernel),
    ...messageCalls(kernel),
    ...resolverCalls(kernel),
    ...signalCalls(kernel),
    ...absentCalls,
    encodeAddress: (address: NativeAddress, bytes: Uint8Array) => {
      const given = addressFrom(address);
      if (typeof given === 'number') return given;
      const encoded = encode(given);
      bytes.set(encoded.subarray(0, bytes.length));
      return encoded.length;
    },
    decodeAddress: (bytes: Uint8Array, address: NativeAddress) => {
      fillAddress(address, decode(plain(bytes)));
      return 0;
    },
    ifNameToIndex: (name: string) => (name === LOOPBACK.name ? LOOPBACK.index : -ENODEV),
    ifIndexToName: (index: number) => (index === LOOPBACK.index ? LOOPBACK.name : -ENXIO),
    ifNameIndex: () => [{ ...LOOPBACK }],
    socketFiles: {
      identify: (path: string) => kernel.host.unixNames.identify(path),
      remove: (path: string) => void kernel.host.unixNames.unlink(path),
    },
    now: () => kernel.clock.now / NANOSECONDS_PER_MS,
  };
  return binding;
}
