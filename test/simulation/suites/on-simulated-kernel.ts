/**
 * Puts a simulated kernel below the library for a test file (vitest's `setupFiles`), instead of the machine's. It checks its invariants
 * after every call, and at the end of the file nothing may be open on it.
 */

import { afterAll, beforeEach } from 'vitest';

import { useBinding } from '../../../lib/native/binding.js';
import { simulatedBinding } from '../../../lib/simulation/binding.js';
import { useChecks } from '../../../lib/simulation/kernel/checks.js';
import { Kernel } from '../../../lib/simulation/kernel/kernel.js';
import { NullDevice } from '../../../lib/simulation/kernel/null-device.js';
import { exclusionOf } from './excluded.js';
import { PLANTED } from './planted.js';

const kernel = new Kernel();
const calls = simulatedBinding(kernel);
const checks = useChecks(true);
const below = useBinding(calls);
// A fault that the suites must find; see planted-faults.ts.
const planted = PLANTED[process.env['SELECTLOOP_PLANTED'] ?? '']?.();
// Tests measure with the clock of the process how long a call takes.
const { now } = performance;
performance.now = calls.now;

beforeEach((context) => {
  const exclusion = exclusionOf(context.task.file.filepath, context.task.fullTestName);
  if (exclusion !== null) context.skip(exclusion.reason);
});

afterAll(() => {
  performance.now = now;
  planted?.[Symbol.dispose]();
  below[Symbol.dispose]();
  checks[Symbol.dispose]();
  const open = [...kernel.descriptors.entries()].filter(
    ([fd, file]) => !(file instanceof NullDevice) && fd !== kernel.hostFd,
  );
  const names = open.map(([fd, file]) => `${fd} ${file.constructor.name}`);
  if (names.length > 0) throw new Error(`open on the simulated kernel after this test file: ${names.join(', ')}`);
});
