/** Faults from the seed, and shrinking to those that matter. */

import { OSError, type Steps, sleep } from 'selectloop';
import { type SimulateOptions, simulate } from 'selectloop/simulation';
import { AF_INET, Socket } from 'selectloop/sockets';
import { describe, expect, it } from 'vitest';

import { echoClient, echoServer } from './programs.js';

describe('shrinking', () => {
  /** A client that must never see a reset: as a bug would, it fails with the first. */
  function resets(seeds: number, faults: SimulateOptions['faults'], shrink = true) {
    return simulate({ seeds, latencyMs: [5, 40], jitterMs: 5, loss: 0.02, faults: faults!, shrink }, (world) => {
      world.host('server', echoServer);
      return world.host('client', echoClient(10));
    });
  }

  it('finds the one fault that matters, among delays, losses and partial sends', () => {
    const { failure } = resets(200, { resets: 0.005, partialSends: 0.3, falseReadiness: 0.1, slowHosts: 0.02 });
    expect(failure!.changes).toHaveLength(1);
    const [change] = failure!.changes;
    expect(change!.what).toMatch(/^the reset of a connection from (client|server) to (client|server)$/);
    expect(change!.timeMs).toBeLessThanOrEqual(failure!.timeMs);
    expect(failure!.message).toContain(`it fails with one change: ${change!.what} at ${change!.timeMs} ms`);
    const again = resets(1, { resets: 0.005, partialSends: 0.3, falseReadiness: 0.1, slowHosts: 0.02 });
    expect(again.failure?.seed ?? 1).toBe(1);
  });

  it('can be left out: then all changes are listed, and none in the message', () => {
    const { failure } = resets(200, { resets: 0.005 }, false);
    expect(failure!.changes.length).toBeGreaterThan(10);
    expect(failure!.message).not.toContain('it fails with');
  });

  it('keeps each of two faults that are needed together', () => {
    const { failure } = simulate({ seeds: 100 }, (world) => {
      let down = 0;
      for (const name of ['a', 'b', 'c']) {
        world.host(name, () => sleep(1000));
        const whenMs = 1 + Math.floor(world.random() * 500);
        world.at(whenMs, () => {
          if (world.chance(0.3, `the crash of ${name}`)) {
            world.crash(name);
            down += 1;
          }
        });
      }
      world.always(() => {
        if (down >= 2) throw new Error('no majority');
      });
    });
    expect(failure!.changes).toHaveLength(2);
    for (const { what } of failure!.changes) expect(what).toMatch(/^the crash of [abc]$/);
    expect(failure!.message).toMatch(/it fails with 2 changes:\n {4}the crash of . at \d+ ms\n {4}the crash of/);
  });
});

describe('a fault of the seed', () => {
  it.each<[keyof NonNullable<SimulateOptions['faults']>, number, string]>([
    ['partialSends', 0.3, 'a partial send on (client|server), of \\d+ of \\d+ bytes'],
    ['partialReceives', 0.3, 'a partial receive on (client|server), of \\d+ of \\d+ bytes'],
    ['falseReadiness', 0.05, '(recv|send|accept) on (client|server) gets EAGAIN'],
    ['fullTables', 0.05, 'a full table for (socket|accept) on (client|server)'],
    ['resets', 0.02, 'the reset of a connection from'],
    ['slowHosts', 0.05, '(client|server) does not run for \\d+ ms'],
  ])('%s happens, and the library copes with it', (fault, probability, text) => {
    const seen = new Set<string>();
    const outcome = simulate(
      { seeds: 30, faults: { [fault]: probability }, shrink: false, compareRuns: false },
      (world) => {
        const forgiving = (main: () => Steps<unknown>) =>
          function* () {
            for (let tries = 0; tries < 20; tries += 1) {
              try {
                yield* main();
                return;
              } catch (error) {
                if (!(error instanceof OSError || String(error).includes('expected line'))) throw error;
                yield* sleep(100);
              }
            }
          };
        world.host('server', forgiving(echoServer));
        const client = world.host('client', forgiving(echoClient(10) as () => Steps<void>));
        world.always(() => {
          if (client.state === 'ended' && world.random() < 0.2) throw new Error('to see the changes');
        });
        return client;
      },
    );
    for (const { what } of outcome.failure?.changes ?? []) seen.add(what);
    expect(outcome.failure?.cause).toEqual(new Error('to see the changes'));
    expect([...seen].filter((what) => !new RegExp(text).test(what) && !/runs before/.test(what))).toEqual([]);
    expect([...seen].some((what) => new RegExp(text).test(what))).toBe(true);
  });

  it('does not shift those of another kind', () => {
    const losses = (partialSends: number): string[] => {
      const times: string[] = [];
      const { failure } = simulate(
        { seeds: 1, loss: 0.2, faults: { partialSends }, shrink: false, compareRuns: false },
        (world) => {
          world.host('server', function* () {
            using socket = new Socket(AF_INET, 2);
            socket.bind({ host: '10.0.0.1', port: 53 });
            yield* sleep(1000);
            throw new Error('to see the changes');
          });
          world.host('client', function* () {
            using socket = new Socket(AF_INET, 2);
            for (let i = 0; i < 20; i += 1) {
              socket.sendTo(Buffer.from('x'), { host: '10.0.0.1', port: 53 });
              yield* sleep(1);
            }
          });
        },
      );
      for (const { what, timeMs } of failure!.changes) if (what.includes('loss')) times.push(`${timeMs}`);
      return times;
    };
    expect(losses(0.5)).toEqual(losses(0));
    expect(losses(0).length).toBeGreaterThan(1);
  });
});
