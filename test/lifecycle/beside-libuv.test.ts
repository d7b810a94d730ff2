/** Hosted: everything that Node offers works in the thread of a loop that is otherwise idle. */

import { type RunOptions, type Steps, ensureFuture, run } from 'selectloop';
import { describe, it } from 'vitest';

import { services } from './node-services.mjs';

const SELECTORS = ['select', 'poll', 'epoll'] as const;
type Service = () => Promise<void>;

/** A main function of each flavour that only waits for a promise of Node. */
const FLAVOURS: Record<string, (service: Service) => (() => Promise<void>) | (() => Steps<void>)> = {
  'an async function': (service) => async () => {
    await service();
  },
  'a generator': (service) =>
    function* () {
      yield* ensureFuture(service());
    },
};

describe.each(SELECTORS)('Node beside a hosted loop on %s', (selector) => {
  describe.each(Object.keys(FLAVOURS))('with %s as main', (flavour) => {
    it.each(Object.keys(services))('%s works', async (name) => {
      const options: RunOptions = { selector };
      await run(FLAVOURS[flavour]!(services[name]!) as () => Promise<void>, options);
    });
  });
});
