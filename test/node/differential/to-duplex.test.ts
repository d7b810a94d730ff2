/** `toDuplex` against Node: whatever happens to a connection, both flavours show what Node's own socket shows. */

import { newEventLoop, run } from 'selectloop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hostedLoops } from '../../support/every-loop.js';
import {
  type Connect,
  type Medium,
  PeerServer,
  connectStreams,
  connectTransport,
  connectWithNode,
  media,
} from './openers.js';
import { type Outcome, type Scenario, outcomeOf } from './runner.js';
import { destroying } from './scenarios/destroying.js';
import { ending } from './scenarios/ending.js';
import { properties } from './scenarios/properties.js';
import { reading } from './scenarios/reading.js';
import { writing } from './scenarios/writing.js';

const all: readonly Scenario[] = [...ending, ...destroying, ...writing, ...reading, ...properties];

const flavours: ReadonlyArray<{ flavour: string; connect: Connect }> = [
  { flavour: 'toDuplex(transport)', connect: connectTransport },
  { flavour: 'toDuplex(reader, writer)', connect: connectStreams },
];

/** What Node does, for each scenario. */
const expected = new Map<Scenario, Outcome>();

describe.each(media)('over %s', (medium: Medium) => {
  const here = all.filter((scenario) => scenario.media?.includes(medium) ?? true);
  let server: PeerServer;
  beforeAll(async () => {
    server = await PeerServer.listen(medium);
    for (const scenario of here) expected.set(scenario, await outcomeOf(scenario, server, connectWithNode));
  });
  afterAll(() => server.close());

  describe.each(flavours)('$flavour behaves as Node’s socket when', ({ connect }) => {
    // Each on another selector in turn.
    it.each(here.map((scenario, i) => ({ ...hostedLoops[i % hostedLoops.length]!, scenario, name: scenario.name })))(
      '$name',
      async ({ scenario, selector }) => {
        const loopFactory = () => newEventLoop({ selector });
        const outcome = await run(() => outcomeOf(scenario, server, connect), { loopFactory });
        expect(outcome).toEqual(expected.get(scenario));
      },
    );
  });
});
