/** Random programs over TLS, from the beginning of a connection and in the middle of it. */

import { describe, it } from 'vitest';

import { findsNothing } from '../kinds.js';

describe('random programs keep every promise of transports', () => {
  it.each(['tls', 'starttls'])('over %s', (name) => findsNothing(name, 60));
});
