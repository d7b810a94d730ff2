// The loop of step 14 drives native async functions: `await` takes the place of `yield*`, and JavaScript the place of our Task.
// Watch the ticks: only futures pass through our queue. The steps between them are microtasks, and those belong to V8.
// So the loop must let go of the thread after each tick. A loop that never returns would never see an async function go on.

import { setImmediate as nextTurnOfNode } from 'node:timers/promises';

import { program } from '../support/program.js';

class Loop {
  private ready: Array<{ name: string; callback: () => void }> = [];
  private tick = 0;

  callSoon(name: string, callback: () => void): void {
    this.ready.push({ name, callback });
  }

  /** Runs until the promise is settled. */
  async run<T>(main: () => Promise<T>): Promise<T> {
    let settled = false;
    let begun: Promise<T> | undefined;
    this.callSoon('initial step', () => {
      begun = main().finally(() => (settled = true));
      begun.catch(() => undefined); // it is awaited below
    });
    while (!settled) {
      if (this.ready.length === 0) throw new Error('everybody waits, and nobody is left to end it');
      const snapshot = this.ready;
      this.ready = [];
      this.tick += 1;
      console.log(`Loop step ${this.tick} [${snapshot.map(({ name }) => name).join(', ')}]`);
      for (const { callback } of snapshot) callback();
      await nextTurnOfNode(); // every microtask runs before this goes on
    }
    return await begun!;
  }
}

const loop = new Loop();

class Future<T> {
  private outcome: { result: T } | null = null;
  private waiters: Array<(result: T) => void> = [];

  constructor(private readonly name: string) {}

  setResult(result: T): void {
    this.outcome = { result };
    for (const resolve of this.waiters) this.wakeUp(resolve, result);
  }

  /** What `await future` calls: the engine passes a function that makes the async function go on. */
  then(resolve: (result: T) => void): void {
    if (this.outcome === null) this.waiters.push(resolve);
    else this.wakeUp(resolve, this.outcome.result);
  }

  private wakeUp(resolve: (result: T) => void, result: T): void {
    loop.callSoon(`${this.name} wake-up`, () => resolve(result));
  }
}

async function someResult(value: number): Promise<number> {
  console.log(`  someResult(${value}) waits`);
  const future = new Future<number>(`result ${value}`);
  future.setResult(value);
  const result = await future;
  console.log(`  someResult(${value}) goes on`);
  return result;
}

async function add(a: Promise<number>, b: Promise<number>): Promise<number> {
  const [x, y] = await Promise.all([a, b]);
  console.log('  add goes on');
  return x + y;
}

export async function main(): Promise<void> {
  const result = await loop.run(async () => await add(someResult(1), someResult(2)));
  console.log(`result: ${result}`);
}

await program(import.meta, main);
