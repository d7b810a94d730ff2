/** Signals in a simulation: those that the simulated kernel raises, and none of the machine. */

import { getRunningLoop, run, runSync, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { useBinding } from '../../lib/native/binding.js';
import { simulated } from './machine.js';

const SIGTERM = 15;

describe('a signal in a simulation', () => {
  it.each(['blocking', 'hosted'])('reaches the handlers of a %s loop, and then the handlers of none', async (mode) => {
    const { kernel, calls } = simulated();
    using _ = useBinding(calls);
    const listeners = process.listenerCount('SIGTERM');
    const log: string[] = [];
    const main = function* () {
      const loop = getRunningLoop();
      loop.addSignalHandler('SIGTERM', () => log.push(`SIGTERM at ${loop.time()}`));
      expect(process.listenerCount('SIGTERM')).toBe(listeners);
      kernel.clock.after(5_000_000, () => log.push(String(kernel.raise(SIGTERM))));
      yield* sleep(10);
      loop.removeSignalHandler('SIGTERM');
    };
    if (mode === 'hosted') await run(main);
    else runSync(main);
    expect(log).toEqual(['true', 'SIGTERM at 5']);
    expect(kernel.raise(SIGTERM)).toBe(false);
  });

  it('has one loop of a host that watches it', () => {
    const { calls } = simulated();
    const { EBUSY, EINVAL, ENOENT } = calls.constants;
    expect(calls.watchSignal(9, 1)).toBe(-EINVAL!);
    expect(calls.watchSignal(SIGTERM, 1)).toBe(0);
    expect(calls.watchSignal(SIGTERM, 2)).toBe(-EBUSY!);
    expect(calls.reinstallSignal(SIGTERM)).toBe(0);
    expect(calls.unwatchSignal(SIGTERM, 2)).toBe(-ENOENT!);
    expect(calls.unwatchSignal(SIGTERM, 1)).toBe(0);
  });

  it('is never SIGINT for a run: Ctrl-C ends the process that simulates', async () => {
    const { kernel, calls } = simulated();
    using _ = useBinding(calls);
    const listeners = process.listenerCount('SIGINT');
    const seen: number[] = [];
    const main = function* () {
      seen.push(process.listenerCount('SIGINT'));
      yield* sleep(1);
      return kernel.raise(2);
    };
    expect([runSync(main), await run(main)]).toEqual([false, false]);
    expect(seen).toEqual([listeners, listeners]);
  });
});
