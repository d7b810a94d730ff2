// Resources whose opening and closing need a wait: `await using` closes them when the block is left.
// Watch the order: the last one opened is closed first, whether the block is left at its end, by an error, or by a timeout.
// Releasing a lock needs no wait, so plain `using` is enough, even in generators. `--scale 1` runs in real time.

import { Lock, createTask, gather, run, sleep, timeout } from 'selectloop';

import { program } from '../support/program.js';
import { type Say, scaleFrom, startTrace } from './trace.js';

/** A resource that takes a second to open and a second to close. */
class Connection implements AsyncDisposable {
  private constructor(
    private readonly name: string,
    private readonly secondMs: number,
    private readonly say: Say,
  ) {}

  static async open(name: string, secondMs: number, say: Say): Promise<Connection> {
    await sleep(secondMs);
    say(`  ${name} is open`);
    return new Connection(name, secondMs, say);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await sleep(this.secondMs);
    this.say(`  ${this.name} is closed`);
  }
}

export async function main(scale = 1): Promise<void> {
  const say = startTrace(scale);
  const open = async (name: string): Promise<Connection> => await Connection.open(name, 1000 * scale, say);

  async function copy(): Promise<void> {
    await using _source = await open('source');
    await using _target = await open('target');
    say('  copying');
  }

  async function fail(): Promise<void> {
    await using _source = await open('source');
    throw new Error('nothing to copy');
  }

  async function dawdle(): Promise<void> {
    await using _source = await open('source');
    await sleep(100_000 * scale);
  }

  say('to the end');
  await copy();
  say('left by an error');
  try {
    await fail();
  } catch (error) {
    say(`caught ${String(error)}`);
  }
  say('left by a time limit of three seconds');
  try {
    await timeout(3000 * scale, dawdle);
  } catch (error) {
    say(`caught ${(error as Error).name}`);
  }

  const lock = new Lock();
  async function useLock(name: string): Promise<void> {
    using _guard = await lock.acquire();
    say(`  ${name} has the lock`);
    await sleep(1000 * scale);
  }
  say('two tasks, one lock');
  await gather([createTask(() => useLock('A')), createTask(() => useLock('B'))]);
  say(`locked at the end: ${lock.locked()}`);
}

await program(import.meta, (args) => run(() => main(scaleFrom(args, 0.5))));
