// The loop of step 14 drives native async functions: `await` replaces `yield*`, and the JavaScript engine replaces our Task.
// Watch the ticks: only futures pass through our queue. The steps of the functions are microtasks, which V8 runs.
// So the loop must return to Node after each tick. While it keeps the thread, no async function can continue.

import { setImmediate as nextIterationOfNode } from 'node:timers/promises';

import { program } from '../support/program.js';
import { scheduled, ticked } from '../support/show.js';

class Loop {
  private ready: Array<{ name: string; callback: () => void }> = [];
  private tick = 0;

  callSoon(name: string, callback: () => void): void {
    this.ready.push({ name, callback: scheduled(name, callback) });
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
      if (this.ready.length === 0) throw new Error('deadlock: every task waits, and nothing can wake one');
      const snapshot = this.ready;
      this.ready = [];
      this.tick += 1;
      ticked(this.tick);
      console.log(`Loop step ${this.tick} [${snapshot.map(({ name }) => name).join(', ')}]`);
      for (const { callback } of snapshot) callback();
      await nextIterationOfNode(); // every microtask runs before this returns
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

  /** `await future` calls this. The engine passes a function that resumes the async function. */
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
  console.log(`  someResult(${value}) resumes`);
  return result;
}

async function add(a: Promise<number>, b: Promise<number>): Promise<number> {
  const [x, y] = await Promise.all([a, b]);
  console.log('  add resumes');
  return x + y;
}

export async function main(): Promise<void> {
  const result = await loop.run(async () => await add(someResult(1), someResult(2)));
  console.log(`result: ${result}`);
}

await program(import.meta, main);
