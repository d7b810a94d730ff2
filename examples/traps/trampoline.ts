// Sub-coroutines by trampoline: a coroutine yields another one; the driver runs that first and sends its result back.
// Watch the driver: its call depth is always one, however deeply the coroutines call each other.
// The system in os.ts keeps such a stack for each task. `yield*` does the same in the language, at a cost for each level.

import { program } from '../support/program.js';

type Sub<T> = Generator<Sub<unknown>, T, unknown>;

function* add(x: number, y: number): Sub<number> {
  return x + y;
}

function* root(): Sub<void> {
  const sum = yield add(2, 2);
  console.log(String(sum));
}

/** Drives a coroutine and all coroutines that it yields, on an explicit stack. */
export function trampoline(first: Sub<unknown>): unknown {
  const stack = [first];
  let sent: unknown = undefined;
  for (;;) {
    const { done, value } = stack.at(-1)!.next(sent);
    sent = undefined;
    if (done !== true) {
      stack.push(value);
      continue;
    }
    stack.pop();
    if (stack.length === 0) return value;
    sent = value;
  }
}

export function main(): void {
  trampoline(root());
}

await program(import.meta, main);
