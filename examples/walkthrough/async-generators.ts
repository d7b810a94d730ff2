// Values that need a wait: an `async function*` produces them one by one, and `for await` asks for them one by one.
// Watch: producer and consumer alternate, nothing is produced ahead, and leaving the loop early waits for the producer's clean-up.
// Only separate tasks run concurrently: two such loops in two tasks take the time of one. `--scale 1` runs in real time.

import { createTask, gather, run, sleep } from 'selectloop';

import { program } from '../support/program.js';
import { scaleFrom, startTrace } from './trace.js';

export async function main(scale = 1): Promise<void> {
  const say = startTrace(scale);

  async function* powers(name: string, count: number): AsyncGenerator<number> {
    try {
      for (let i = 0; i < count; i += 1) {
        await sleep(1000 * scale);
        say(`${name} makes ${2 ** i}`);
        yield 2 ** i;
      }
    } finally {
      await sleep(1000 * scale);
      say(`${name} has cleaned up`);
    }
  }

  async function sum(name: string, count: number): Promise<number> {
    let total = 0;
    for await (const power of powers(name, count)) total += power;
    return total;
  }

  say('to the end');
  for await (const power of powers('A', 3)) say(`got ${power}`);

  say('left in the middle');
  for await (const power of powers('B', 100)) {
    say(`got ${power}`);
    if (power === 2) break;
  }
  say('out of the loop');

  say('two at once');
  const sums = await gather([createTask(() => sum('C', 2)), createTask(() => sum('D', 2))]);
  say(`sums: ${sums.join(', ')}`);
}

await program(import.meta, (args) => run(() => main(scaleFrom(args, 0.5))));
