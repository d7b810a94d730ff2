/** Random programs over every kind of transport. `npm run fuzz` runs more of them, and repeats one that has failed. */

import { describe, it } from 'vitest';

import { findsNothing } from '../kinds.js';

describe('random programs keep every promise of transports', () => {
  it.each(['tcp', 'unix', 'pipe', 'several', 'memory', 'stream'])('over %s', (name) => findsNothing(name, 60));
});
