/** One run of a seed. */

import { useBinding } from '../../native/binding.js';
import type { Instrument } from '../../loop/instrument.js';
import { wrongType } from '../../errors/index.js';
import { simulatedBinding } from '../binding.js';
import { withFaults } from './call-faults.js';
import type { CallLog } from './call-log.js';
import { type Change, Draws } from './draws.js';
import { Driver } from './driver.js';
import type { Failed } from './failure.js';
import type { Settings } from './options.js';
import type { Build, SimulatedHost } from './types.js';
import { useVirtualGlobals } from './virtual-globals.js';
import { RunningWorld } from './world.js';

/** What a run has done. */
export interface RunResult {
  readonly failure: Failed | null;
  /** The decisions that did not come out harmless, in the order of time. */
  readonly changes: readonly Change[];
  readonly calls: CallLog;
  readonly lines: readonly string[];
  readonly endNs: number;
  readonly turns: number;
}

/** How a run differs from an ordinary one. */
export interface RunOptions {
  /** The keys of the changes that are not suppressed; null: none is. */
  readonly kept?: ReadonlySet<string> | null;
  /** Returns an instrument for the loop of a host. */
  readonly recorderFor?: (host: string) => Instrument | null;
}

/** Runs a seed. @throws what `build` throws */
export function runSeed(seed: number, settings: Settings, build: Build, options: RunOptions = {}): RunResult {
  const { kept = null, recorderFor = () => null } = options;
  const draws: Draws = new Draws(seed, kept, () => world.kernel.clock.now);
  const world = new RunningWorld(seed, settings, draws, recorderFor);
  const { kernel, callLog } = world;
  const { lookups } = settings.faults;
  kernel.names.answers = (name) => !draws.about('lookups').happens(lookups, () => `the lookup of ${name} fails`);
  const calls = withFaults(simulatedBinding(kernel), kernel, () => world.currentFaults);
  using _binding = useBinding(callLog.of(calls, (selector) => world.noteSelector(selector)));
  using _globals = useVirtualGlobals(
    () => world.timeMs,
    () => world.random(),
  );
  const last = build(world);
  world.leave();
  checkBuilt(world, last);
  const driver = new Driver(world, settings.faults.slowHosts);
  const running = (): boolean => world.machines.some(({ state }) => state === 'running');
  driver.drive(() => (last === undefined ? !running() : last.state === 'ended'), settings.limitNs);
  world.calm();
  for (const machine of world.machines) machine.stop();
  driver.drive(() => !running(), settings.limitNs);
  const { failure, lines } = world;
  return { failure, changes: draws.changes, calls: callLog, lines, endNs: kernel.clock.now, turns: driver.turns };
}

function checkBuilt(world: RunningWorld, last: unknown): asserts last is SimulatedHost | undefined {
  if (world.machines.length === 0)
    throw wrongType('simulate: build', 'a function that adds a host to the world', 'none');
  if (last !== undefined && !world.machines.some((each) => each === last)) {
    throw wrongType('simulate: build', 'a function that returns a host of its world, or nothing', last);
  }
}
