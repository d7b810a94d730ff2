// A Future: a result that is not there yet. Whoever waits for it yields, and looks again when it is resumed.
// Watch how often "is it there?" is asked in vain. That is polling, and step 12 puts an end to it.
// Here a callback of the loop itself sets the result, in the place of a timer or a socket.

import { program } from '../support/program.js';

type Steps<T> = Generator<undefined, T>;

class Future<T> {
  private state: { result: T } | null = null;

  done(): boolean {
    return this.state !== null;
  }

  setResult(result: T): void {
    this.state = { result };
  }

  *[Symbol.iterator](): Steps<T> {
    while (this.state === null) {
      console.log('  is it there? not yet');
      yield;
    }
    console.log('  is it there? yes');
    return this.state.result;
  }
}

/** Runs a coroutine; `events` happen at their steps. */
function run<T>(coroutine: Steps<T>, events: ReadonlyMap<number, () => void>): T {
  for (let step = 1; ; step += 1) {
    console.log(`Loop step ${step} [main]`);
    events.get(step)?.();
    const { done, value } = coroutine.next();
    if (done === true) return value;
  }
}

export function main(): void {
  const future = new Future<number>();
  function* root(): Steps<string> {
    return `the answer is ${yield* future}`;
  }
  console.log(run(root(), new Map([[4, () => future.setResult(42)]])));
}

await program(import.meta, main);
