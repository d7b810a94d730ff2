/** Remote procedure calls over a UNIX socket: each call gets its own result, whatever the order of the answers. */

import { type Steps, createTask, gather, isCancelled } from 'selectloop';
import type { World } from 'selectloop/simulation';

import { RpcClient, arithmetic, startRpc } from '../../../examples/servers/unix-rpc.js';
import { OPTIONS, type Scenario, isExpected, untilDone } from './scenario.js';

const PATH = '\0rpc';

/** Calls a procedure that answers after a random time. Returns true if the answer is right, false if the connection was lost. */
function* slowCall(client: RpcClient, world: World, value: number): Steps<boolean> {
  try {
    const answer = yield* client.call('slowly', value, Math.floor(world.random() * 200));
    if (answer !== value) throw new RangeError(`expected ${value}, got ${String(answer)}`);
    return true;
  } catch (error) {
    if (isExpected(error) || (error as Error).message === 'connection closed') return false;
    throw error;
  }
}

/** Makes many calls at the same time. */
function* calls(world: World): Steps<boolean> {
  const client = yield* RpcClient.connect(PATH);
  try {
    const values = Array.from({ length: 20 }, (_, i) => i);
    const [sum, ...right] = yield* gather([client.call('add', 2, 3), ...values.map((i) => slowCall(client, world, i))]);
    if (sum !== 5) throw new RangeError(`expected 5, got ${String(sum)}`);
    return right.every((each) => each);
  } finally {
    yield* client.close();
  }
}

export const rpc: Scenario = {
  options: OPTIONS,
  build(world) {
    return world.host('both', function* () {
      const server = createTask(() =>
        untilDone(function* () {
          yield* (yield* startRpc(PATH, arithmetic)).serveForever();
          return true;
        }),
      );
      for (let i = 0; i < 3; i += 1) yield* untilDone(() => calls(world));
      server.cancel();
      try {
        yield* server;
      } catch (error) {
        if (!isCancelled(error)) throw error;
      }
    });
  },
};
