/** Wrong arguments of `simulate` and of the world. */

import { sleep } from 'selectloop';
import { type SimulateOptions, type World, simulate } from 'selectloop/simulation';
import { describe, expect, it } from 'vitest';

describe('misuse', () => {
  const build = (world: World): void => void world.host('a', () => sleep(1));

  it.each([
    [{ seeds: 0 }, 'simulate: seeds: expected an integer from 1 to 4294967296, got 0'],
    [{ seed: 5 }, 'simulate: options: expected a known option, got "seed"; did you mean "seeds"?'],
    [
      { latencyMs: [5] },
      'simulate: latencyMs: expected a number of milliseconds or [least, most], got an object of class Array',
    ],
    [{ latencyMs: [9, 5] }, 'simulate: latencyMs: expected the smaller number first, got "[9,5]"'],
    [{ loss: 2 }, 'simulate: loss: expected a probability from 0 to 1, got 2'],
    [{ bandwidth: 0 }, 'simulate: bandwidth: expected a number of bytes per second > 0, got 0'],
    [{ faults: { reset: 1 } }, 'simulate: faults: expected a known option, got "reset"; did you mean "resets"?'],
    [{ faults: { resets: -1 } }, 'simulate: faults.resets: expected a probability from 0 to 1, got -1'],
    [{ shrink: 1 }, 'simulate: shrink: expected a boolean, got 1'],
  ])('of options: %j', (options, message) => {
    expect(() => simulate(options as SimulateOptions, build)).toThrow(message);
  });

  it.each<[string, (world: World) => unknown, string]>([
    [
      'a name that is taken',
      (world) => world.host('a', () => sleep(1)),
      'host: name: expected a name that is free, got "a"',
    ],
    [
      'an address that is taken',
      (world) => world.host('b', () => sleep(1), { address: '10.0.0.1' }),
      'host: address: expected an address that is free',
    ],
    [
      'an address that is none',
      (world) => world.host('b', () => sleep(1), { address: 'b' }),
      'host: address: expected a numeric address, got "b"',
    ],
    [
      'a host that is not there',
      (world) => {
        world.crash('b');
      },
      'crash: host: expected one of a, got "b"',
    ],
    [
      'a link to itself',
      (world) => {
        world.partition('a', 'a');
      },
      'partition: hosts: expected two different hosts, got "a"',
    ],
    [
      'a restart of what runs',
      (world) => {
        world.restart('a');
      },
      'restart: host: expected a host whose program has ended or crashed, got "a"',
    ],
    [
      'an unknown call',
      (world) => {
        world.inject('a', 'poll' as never, 'EIO');
      },
      'inject: call: expected one of socket, accept, send, recv, got "poll"',
    ],
    [
      'an unknown error',
      (world) => {
        world.inject('a', 'send', 'ENO');
      },
      'inject: outcome: expected the name of an error, such as EMFILE, got "ENO"',
    ],
    [
      'bytes of an accept',
      (world) => {
        world.inject('a', 'accept', 3);
      },
      'inject: outcome: expected the name of an error, got 3',
    ],
    [
      'a time in the past',
      (world) => {
        world.at(-1, () => undefined);
      },
      'at: timeMs: expected a finite number of milliseconds >= 0, got -1',
    ],
  ])('of the world: %s', (_name, misuse, message) => {
    expect(() =>
      simulate({ seeds: 1 }, (world) => {
        build(world);
        misuse(world);
      }),
    ).toThrow(message);
  });

  it('of build, which must make a host and return one of its own', () => {
    expect(() => simulate({}, () => undefined)).toThrow('expected a function that adds a host to the world');
    expect(() => simulate({}, (world) => (build(world), {} as never))).toThrow(
      'expected a function that returns a host of its world',
    );
    expect(() => simulate({}, 5 as never)).toThrow('simulate: build: expected a function, got 5');
  });
});
