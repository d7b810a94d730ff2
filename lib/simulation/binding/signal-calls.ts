/** Signals. A simulated process gets only those that the simulation raises, never those of the machine. */

import type { NativeBinding } from '../../native/contract.js';
import { EBUSY, EINVAL, ENOENT } from '../kernel/errno.js';
import type { Kernel } from '../kernel/kernel.js';

const SIGKILL = 9;
const SIGSTOP = 19;

type SignalCalls = Pick<NativeBinding, 'watchSignal' | 'reinstallSignal' | 'unwatchSignal'>;

export function signalCalls(kernel: Kernel): SignalCalls {
  return {
    watchSignal: (signal, fd) => {
      const { signals } = kernel.host;
      if (signal === SIGKILL || signal === SIGSTOP) return -EINVAL;
      if (signals.has(signal)) return -EBUSY;
      signals.set(signal, fd);
      return 0;
    },
    // No other handler can replace ours.
    reinstallSignal: () => 0,
    unwatchSignal: (signal, fd) => {
      const { signals } = kernel.host;
      if (signals.get(signal) !== fd) return -ENOENT;
      signals.delete(signal);
      return 0;
    },
  };
}
