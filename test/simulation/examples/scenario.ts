/** What the simulated examples have in common: bytes that can be checked, clients that cope with broken connections, and trouble. */

import { type Coroutine, OSError, type Server, type Steps, TimeoutError, sleep } from 'selectloop';
import type { Build, FaultOptions, SimulateOptions, SimulatedHost, World } from 'selectloop/simulation';

/** An example of `examples/`, on several hosts. */
export interface Scenario {
  readonly options: SimulateOptions;
  readonly build: Build;
}

/** The faults that every example must cope with. */
const FAULTS: FaultOptions = {
  partialSends: 0.1,
  partialReceives: 0.05,
  falseReadiness: 0.05,
  resets: 0.002,
  fullTables: 0.01,
  slowHosts: 0.002,
};

export const OPTIONS: SimulateOptions = { latencyMs: [0, 40], jitterMs: 5, loss: 0.005, faults: FAULTS };

/** Bytes in which no stretch repeats within the length of any test. Each connection begins at another position. */
const NOISE = Buffer.from(Uint32Array.from({ length: 65_536 }, (_, i) => Math.imul(i + 1, 0x9e3779b1)).buffer);
const STEP = 1009;

/** Returns bytes of the stream of a connection. */
export function bytesOf(connection: number, from: number, count: number): Buffer {
  return NOISE.subarray(STEP * connection + from, STEP * connection + from + count);
}

/** Checks received bytes, and throws an Error if they are not those that were sent. */
export function checkBytes(connection: number, from: number, data: Buffer): void {
  if (!data.equals(bytesOf(connection, from, data.length)))
    throw new Error(`connection ${connection}: wrong bytes among the ${data.length} from ${from} on`);
}

/** Returns true for the errors of a connection or a full table, with which programs must reckon. */
export const isExpected = (error: unknown): boolean => error instanceof OSError || error instanceof TimeoutError;

/** Repeats an attempt until it returns true. An expected error is a failed attempt. */
export function* untilDone(attempt: () => Steps<boolean>, attempts = 100): Steps<void> {
  for (let i = 0; i < attempts; i += 1) {
    try {
      if (yield* attempt()) return;
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
    yield* sleep(50);
  }
  throw new Error(`no attempt of ${attempts} has succeeded`);
}

/** Returns the program of a server, which starts it until there is a descriptor for it. */
export function serving(start: () => Coroutine<Server>): () => Steps<void> {
  return () =>
    untilDone(function* () {
      const server = yield* start();
      yield* server.serveForever();
      return true;
    });
}

/** Cuts, slows down and stalls at random moments of the first two seconds. */
export function trouble(world: World, names: readonly string[]): void {
  const pick = (): string => names[Math.floor(world.random() * names.length)]!;
  const moment = (): number => Math.floor(world.random() * 2000);
  for (let i = 0; i < 2; i += 1) {
    const [a, b, at, lasts] = [pick(), pick(), moment(), moment()];
    const oneWay = world.random() < 0.3;
    if (a === b) continue;
    world.at(at, () => {
      if (!world.chance(0.5, `a partition of ${a} and ${b}`)) return;
      world.partition(a, b, { oneWay });
      world.at(at + lasts, () => world.repair(a, b));
    });
  }
  const [slow, at] = [pick(), moment()];
  world.at(at, () => {
    if (world.chance(0.3, `a stall of ${slow}`)) world.stall(slow, 300);
  });
}

/** Adds a host that ends when all others of a list have. */
export function whenAllEnded(world: World, hosts: readonly SimulatedHost[]): SimulatedHost {
  return world.host('observer', function* () {
    while (hosts.some(({ state }) => state === 'running')) yield* sleep(100);
  });
}
