/** The whole table. */

import type { Scenario } from '../scenario.js';
import { aborts } from './aborts.js';
import { answers } from './answers.js';
import { secureOnly } from './certificates.js';
import { closing } from './closing.js';
import { refusals } from './refusals.js';
import { timeouts } from './timeouts.js';
import { upgrades } from './upgrades.js';

/** Every scenario, by its subject. */
export const subjects: Readonly<Record<string, readonly Scenario[]>> = {
  answers,
  refusals,
  upgrades,
  aborts,
  timeouts,
  closing,
  certificates: secureOnly,
};
