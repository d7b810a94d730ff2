/** Faults of the simulated kernel that the suites must find. They are planted by replacing methods, so that the kernel has no hooks for them. */

import { ByteQueue } from '../../../lib/simulation/kernel/byte-queue.js';
import { OpenFile } from '../../../lib/simulation/kernel/open-file.js';
import { Link } from '../../../lib/simulation/network/link.js';

/** Replaces a method until the result is disposed of. */
function replace<T extends object, K extends keyof T>(target: T, name: K, make: (original: T[K]) => T[K]): Disposable {
  const original = target[name];
  target[name] = make(original);
  return {
    [Symbol.dispose]() {
      target[name] = original;
    },
  };
}

/** By name: functions that plant a fault, until the result is disposed of. */
export const PLANTED: Readonly<Record<string, () => Disposable>> = {
  /** Every third change of a file reaches no epoll. */
  'a lost wake-up': () => {
    let calls = 0;
    return replace(
      OpenFile.prototype,
      'changed',
      (changed) =>
        function (this: OpenFile) {
          calls += 1;
          if (calls % 3 !== 0) changed.call(this);
        },
    );
  },
  /** Every fifth segment or datagram of a link arrives after the next one. */
  'a reordered segment': () => {
    let calls = 0;
    let held: (() => void) | null = null;
    return replace(
      Link.prototype,
      'send',
      (send) =>
        function (this: Link, ...packet) {
          calls += 1;
          if (calls % 5 === 0 && held === null) {
            held = () => send.call(this, ...packet);
            return;
          }
          send.call(this, ...packet);
          const late = held;
          held = null;
          late?.();
        },
    );
  },
  /** The bytes of a send are those of the caller's array, whatever it contains later. */
  'a shared buffer': () => replace(ByteQueue.prototype, 'push', () => ByteQueue.prototype.adopt),
};
