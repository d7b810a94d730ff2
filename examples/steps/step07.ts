// A Future: a result that will be available later. A coroutine that waits for it yields, and checks again when it is resumed.
// Watch how often "is it there?" gets the answer "not yet". This is polling; step 12 replaces it.
// In place of a timer or a socket, the loop itself sets the result here.

import { program } from '../support/program.js';
import { onlyTask } from '../support/show.js';

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

/** Runs a coroutine. `events` are callbacks by the number of the step in which they run. */
function run<T>(coroutine: Steps<T>, events: ReadonlyMap<number, () => void>): T {
  const task = onlyTask(coroutine);
  for (let step = 1; ; step += 1) {
    console.log(`Loop step ${step} [main]`);
    events.get(step)?.();
    const { done, value } = task.next();
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
