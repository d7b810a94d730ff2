/**
 * Objects that the garbage collector has found to be unreachable.
 *
 * In a simulation nothing may depend on the collector, which runs at other moments in each run: what is created there is not watched. What
 * was created before, and is collected meanwhile, is reported at the end of the simulation, because its descriptors are the machine's.
 */

import { isSimulated, onRealKernel } from './kernel-state.js';

/** Calls `report` with the record of each target that was collected, some time later or never. */
export class Collected<T extends object> {
  private readonly registry: FinalizationRegistry<T>;

  constructor(report: (record: T) => void) {
    this.registry = new FinalizationRegistry((record) => {
      onRealKernel(() => {
        report(record);
      });
    });
  }

  /** Watches `target`. The record must not refer to it. @param token for {@link unregister} */
  register(target: object, record: T, token: object): void {
    if (!isSimulated()) this.registry.register(target, record, token);
  }

  /** Stops watching. */
  unregister(token: object): void {
    this.registry.unregister(token);
  }
}
