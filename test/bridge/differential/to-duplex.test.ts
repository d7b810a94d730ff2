/** `toDuplex` compared with Node: in every scenario both flavours behave as a Node socket. */

import { isDeepStrictEqual } from 'node:util';

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
  connectUserStreams,
  connectUserTransport,
} from './openers.js';
import { type Outcome, type Scenario, outcomeOf } from './runner.js';
import { destroying } from './scenarios/destroying.js';
import { ending } from './scenarios/ending.js';
import { properties } from './scenarios/properties.js';
import { reading } from './scenarios/reading.js';
import { writing } from './scenarios/writing.js';

const all: readonly Scenario[] = [...ending, ...destroying, ...writing, ...reading, ...properties];

/** `on`: the medium below a transport of the program is invisible to `toDuplex`, so fewer of them are tried. */
const flavours: ReadonlyArray<{ flavour: string; connect: Connect; descriptor: boolean; on: readonly Medium[] }> = [
  { flavour: 'toDuplex(transport)', connect: connectTransport, descriptor: true, on: media },
  { flavour: 'toDuplex(reader, writer)', connect: connectStreams, descriptor: true, on: media },
  { flavour: 'toDuplex(a program’s transport)', connect: connectUserTransport, descriptor: false, on: ['tcp', 'tls'] },
  {
    flavour: 'toDuplex(reader, writer over such a transport)',
    connect: connectUserStreams,
    descriptor: false,
    on: ['unix'],
  },
];

const MORE_PATIENCE = [5, 20, 60];

/** Node's behaviour in each scenario. */
const expected = new Map<Scenario, Outcome>();

describe.each(media)('toDuplex over %s', (medium: Medium) => {
  const here = all.filter((scenario) => scenario.where.media?.includes(medium) ?? true);
  let server: PeerServer;
  beforeAll(async () => {
    server = await PeerServer.listen(medium);
    for (const scenario of here) {
      const outcome = await outcomeOf(scenario, server, connectWithNode);
      if (outcome.failed) throw new Error(`"${scenario.name}" fails with Node: ${outcome.log.join('; ')}`);
      expected.set(scenario, outcome);
    }
  });
  afterAll(() => server.close());

  const tried = flavours.filter(({ on }) => on.includes(medium));
  describe.each(tried)('$flavour behaves as Node’s socket when', ({ connect, descriptor }) => {
    // Uses the selectors in turn.
    const cases = here
      .filter(({ where }) => descriptor || where.descriptor !== true)
      .map((scenario, i) => ({
        name: scenario.name,
        scenario,
        selector: hostedLoops[i % hostedLoops.length]!.selector,
      }));
    it.each(cases)('$name', async ({ scenario, selector }) => {
      const loopFactory = () => newEventLoop({ selector });
      let nodes = expected.get(scenario);
      let ours = await run(() => outcomeOf(scenario, server, connect), { loopFactory });
      for (const patience of scenario.where.timed === true ? MORE_PATIENCE : []) {
        if (isDeepStrictEqual(ours, nodes)) break;
        nodes = await outcomeOf(scenario, server, connectWithNode, patience);
        ours = await run(() => outcomeOf(scenario, server, connect, patience), { loopFactory });
      }
      expect(ours).toEqual(nodes);
    });
  });
});
