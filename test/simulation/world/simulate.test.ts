/** `simulate`: the life of a run, and the ways in which it can fail. */

import { Event, type Steps, createTask, getRunningLoop, openConnection, runSync, sleep } from 'selectloop';
import { type SimulateOptions, type SimulationOutcome, type World, simulate } from 'selectloop/simulation';
import { Socket, AF_INET } from 'selectloop/sockets';
import { describe, expect, it } from 'vitest';

import { echoClient, echoServer } from './programs.js';

/** Runs the program of a single host, for one seed. */
function alone(main: () => Steps<unknown>, options: SimulateOptions = {}): SimulationOutcome {
  return simulate({ seeds: 1, ...options }, (world) => void world.host('only', main));
}

/** Runs an echo server and a client of ten lines. */
function echoes(options: SimulateOptions, arrange: (world: World) => void, onLine?: (line: number) => void) {
  return simulate({ seeds: 1, ...options }, (world) => {
    world.host('server', echoServer);
    const client = world.host('client', echoClient(10, onLine));
    arrange(world);
    return client;
  });
}

describe('a run', () => {
  it('passes in virtual time, which takes latency into account', () => {
    const times: number[] = [];
    const outcome = echoes({ latencyMs: 20, compareRuns: false }, (world) => {
      world.always(() => times.push(world.timeMs));
    });
    expect(outcome.failure).toBeNull();
    expect(outcome.seeds).toBe(1);
    // A round trip for the connection, and one for each line.
    expect(outcome.virtualMs).toBe(11 * 40);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('runs an hour of sleep immediately', () => {
    let now = 0;
    const outcome = alone(
      function* () {
        yield* sleep(3_600_000);
        now = getRunningLoop().time();
      },
      { limitMs: 4_000_000 },
    );
    expect(outcome.failure).toBeNull();
    expect(now).toBe(3_600_000);
  });

  it('chooses latency, order and random numbers by the seed alone', () => {
    const runs = [1, 1, 2].map((firstSeed) => {
      const seen: number[] = [];
      simulate({ seeds: 3, firstSeed, latencyMs: [1, 50], compareRuns: false }, (world) => {
        world.host('server', echoServer);
        seen.push(world.random(), world.seed);
        return world.host('client', function* () {
          yield* echoClient(3)() as Steps<void>;
          seen.push(getRunningLoop().time(), Math.random());
        });
      });
      return seen;
    });
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]!.slice(4, 8)).toEqual(runs[2]!.slice(0, 4));
    expect(new Set(runs[0]).size).toBe(12);
  });

  it('ends when the programs of all hosts have, if build returns none', () => {
    const ended: string[] = [];
    const outcome = simulate({ seeds: 1, compareRuns: false }, (world) => {
      for (const [name, ms] of [
        ['slow', 200],
        ['quick', 100],
      ] as const) {
        world.host(name, function* () {
          yield* sleep(ms);
          ended.push(`${name} ${getRunningLoop().time()}`);
        });
      }
    });
    expect(outcome.failure).toBeNull();
    expect(ended).toEqual(['quick 100', 'slow 200']);
  });

  it('cancels the other programs at the end, which clean up on repaired links', () => {
    const unsent: number[] = [];
    const outcome = echoes({ compareRuns: false }, (world) => {
      world.host('third', function* () {
        const { writer } = yield* openConnection('10.0.0.1', 7);
        const look = (): unknown => unsent.push(world.sockets().find(({ host }) => host === 'third')!.unsent);
        try {
          world.partition('third', 'server');
          writer.write(Buffer.from('hello\n'));
          yield* sleep(1_000_000);
        } finally {
          look();
          yield* sleep(10);
          look();
          writer.close();
        }
      });
    });
    expect(outcome.failure).toBeNull();
    expect(unsent).toEqual([6, 0]);
  });

  it('gives programs the clocks and the random numbers of the simulation', () => {
    const real = [Date, Math.random, performance.now, setTimeout];
    let seen: unknown[] = [];
    let error: unknown;
    const outcome = alone(function* () {
      yield* sleep(1500);
      seen = [new Date().toISOString(), Date.now() - Date.UTC(2000, 0, 1), performance.now(), new Date(5).getTime()];
      try {
        setTimeout(() => undefined, 1);
      } catch (caught) {
        error = caught;
      }
    });
    expect(outcome.failure).toBeNull();
    expect(seen).toEqual(['2000-01-01T00:00:01.500Z', 1500, 1500, 5]);
    expect(String(error)).toMatch(/setTimeout belongs to the real world.*: use sleep/);
    expect([Date, Math.random, performance.now, setTimeout]).toEqual(real);
  });

  it('calls the actions of `at` at their times, and `always` after each turn', () => {
    const times: number[] = [];
    let checks = 0;
    const outcome = echoes({ latencyMs: 10, compareRuns: false }, (world) => {
      for (const ms of [35, 15, 15.5]) world.at(ms, () => times.push(world.timeMs));
      world.always(() => (checks += 1));
    });
    expect(outcome.failure).toBeNull();
    expect(times).toEqual([15, 15.5, 35]);
    expect(checks).toBeGreaterThan(40);
  });
});

describe('a run fails', () => {
  it('with the error of a program, and names seed, time, host and command', () => {
    const error = new TypeError('no');
    const { failure } = simulate({ seeds: 5, firstSeed: 7 }, (world) => {
      world.host('a', function* () {
        yield* sleep(250);
        world.log('about to fail');
        throw error;
      });
    });
    expect(failure).toMatchObject({ seed: 7, timeMs: 250, host: 'a', cause: error, code: 'ERR_SIMULATION_FAILED' });
    expect(failure!.message).toMatch(
      /^seed 7 fails at 250 ms on a: TypeError: no\n {2}it fails without any fault\n {2}repeat it: SELECTLOOP_SEED=7 /,
    );
    expect(failure!.log).toEqual(['250 ms a: about to fail']);
  });

  it('with the error of a task that none awaits', () => {
    const { failure } = alone(function* () {
      createTask(function* () {
        yield* sleep(1);
        throw new RangeError('unseen');
      });
      yield* sleep(10);
    });
    expect(failure!.message).toContain('exception was never retrieved: RangeError: unseen');
  });

  it('with the error of a check, after the turn of the host that has made it false', () => {
    let counted = 0;
    const { failure } = echoes(
      {},
      (world) => {
        counted = 0;
        world.always(() => {
          if (counted > 4) throw new Error(`counted ${counted}`);
        });
      },
      () => (counted += 1),
    );
    expect(failure).toMatchObject({ host: 'client', cause: new Error('counted 5') });
  });

  it('with the error of an action', () => {
    const { failure } = echoes({}, (world) => {
      world.at(5, () => {
        throw new Error('bad action');
      });
    });
    expect(failure).toMatchObject({ host: null, timeMs: 5, cause: new Error('bad action') });
  });

  it('when nothing can happen any more, and names the tasks that wait', () => {
    const { failure } = alone(function* () {
      yield* new Event().wait();
    });
    expect(failure!.cause).toMatchObject({ name: 'DeadlockError' });
    expect(failure!.message).toMatch(/nothing can happen any more: only: <Task pending name='Task-1'/);
  });

  it('when its time is over', () => {
    const { failure } = alone(
      function* () {
        for (;;) yield* sleep(100);
      },
      { limitMs: 5000 },
    );
    expect(failure).toMatchObject({ timeMs: 5000, cause: { name: 'TimeoutError' } });
    expect(failure!.message).toContain('expected the run to end within 5000 ms');
  });

  it('when a program never lets time pass', () => {
    const { failure } = alone(
      function* () {
        for (;;) yield* sleep(0);
      },
      { compareRuns: false },
    );
    expect(failure!.message).toContain('time has stood still for 100000 iterations');
  });

  it('when a program leaves a descriptor open', () => {
    const { failure } = alone(function* () {
      const socket = new Socket(AF_INET);
      socket.bind({ host: '127.0.0.1', port: 80 });
      yield* sleep(1);
    });
    expect(failure!.message).toMatch(
      /LeftOpenError: the program has ended and left open: a tcp socket, CLOSE, 127.0.0.1:80 \(descriptor \d+\)/,
    );
  });

  it('when a second run of the seed makes other system calls, and shows the first that differs', () => {
    let runs = 0;
    const { failure } = alone(function* () {
      runs += 1;
      using socket = new Socket(AF_INET);
      socket.bind({ host: '127.0.0.1', port: 80 });
      if (runs > 1) socket.listen();
      yield* sleep(1);
    });
    expect(failure!.cause).toMatchObject({ name: 'NotRepeatableError' });
    expect(failure!.message).toMatch(
      /call \d+ was \S+\(\d+\) -> 0 at [01] ms first, and then listen\(\d+\) -> 0 at 0 ms/,
    );
    expect(runs).toBe(2);
  });

  it('when a received byte differs in the second run', () => {
    let sent = 0;
    const { failure } = simulate({ seeds: 1 }, (world) => {
      world.host('server', echoServer);
      return world.host('client', function* () {
        sent += 1;
        const { reader, writer } = yield* openConnection('10.0.0.1', 7);
        writer.write(Buffer.from(`${sent}\n`));
        yield* reader.readline();
        writer.close();
      });
    });
    expect(failure!.message).toMatch(/two runs of the seed differ.*recv/);
  });

  it('not by what an async task would need: the error says that a simulation has none', () => {
    const { failure } = simulate({ seeds: 1 }, (world) => {
      world.host('a', (async () => await Promise.resolve()) as never);
    });
    expect(failure!.message).toContain('LoopError');
  });
});

describe('the environment variable SELECTLOOP_SEED', () => {
  it('runs one seed, and refuses what is none', () => {
    const seeds: number[] = [];
    const run = (): unknown =>
      simulate({ seeds: 10, compareRuns: false }, (world) => {
        seeds.push(world.seed);
        world.host('a', () => sleep(1));
      });
    process.env['SELECTLOOP_SEED'] = '5';
    try {
      run();
      expect(seeds).toEqual([5]);
      process.env['SELECTLOOP_SEED'] = 'five';
      expect(run).toThrow('SELECTLOOP_SEED: expected an integer from 0 to 4294967296, got "five"');
    } finally {
      delete process.env['SELECTLOOP_SEED'];
    }
  });
});

it('a simulation within a loop leaves the loop as it was', () => {
  const seen = runSync(function* () {
    const before = getRunningLoop();
    expect(
      alone(function* () {
        yield* sleep(1);
      }).failure,
    ).toBeNull();
    yield* sleep(1);
    return getRunningLoop() === before;
  });
  expect(seen).toBe(true);
});
