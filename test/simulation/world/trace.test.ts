/** The recording of a seed, which opens in the player. */

import { sleep } from 'selectloop';
import { simulate } from 'selectloop/simulation';
import { describe, expect, it } from 'vitest';

import { echoClient, echoServer } from './programs.js';

describe('outcome.trace', () => {
  it('records the host that has failed, with the changes that the failure needs', () => {
    const outcome = simulate({ seeds: 300, faults: { resets: 0.01, slowHosts: 0.05 } }, (world) => {
      world.host('server', echoServer);
      return world.host('client', echoClient(10));
    });
    const { failure } = outcome;
    expect(failure!.host).toBe('client');
    const recorder = outcome.trace();
    const trace = recorder.toTrace();
    expect(trace.format).toBe('selectloop-trace');
    expect(recorder.toText()).toContain('ECONNRESET');
    const { iterations } = recorder.toJSON();
    expect(iterations.at(-1)!.startMs).toBeCloseTo(failure!.timeMs, 6);
    expect(JSON.stringify(outcome.trace())).toBe(JSON.stringify(recorder));
    expect(recorder.toHTML({ sources: false })).toContain('<title>');
  });

  it('records any host of the last seed if none has failed', () => {
    const outcome = simulate({ seeds: 2 }, (world) => {
      world.host('one', function* () {
        yield* sleep(5);
      });
      world.host('two', function* () {
        yield* sleep(7);
      });
    });
    expect(outcome.trace('two').toText()).toContain('7');
    expect(() => outcome.trace('three')).toThrow('trace: host: expected the name of a host, got "three"');
  });
});
