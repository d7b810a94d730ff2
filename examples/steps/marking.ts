// Marking coroutine functions: coroutine() marks one, and isCoroutineFunction tests the mark, which a plain function does not have.
// Watch bind() lose the mark, although the result of the bound function can be awaited as before.
// The mark shows how a function was made, not what it returns. To be sure, test the value: isCoroutine(value).

import { type Steps, coroutine, isCoroutine, isCoroutineFunction, runSync, sleep } from 'selectloop';

import { program } from '../support/program.js';

function* steps(name: string): Steps<string> {
  yield* sleep(1);
  return `hello, ${name}`;
}

export function main(): void {
  const greet = coroutine(steps);
  const bound = greet.bind(null, 'bind');
  const wrapper = (): unknown => greet('wrapper');

  const say = (what: string, answer: unknown): void => console.log(`${what}: ${String(answer)}`);
  console.log('isCoroutineFunction of');
  say('  a function made by coroutine(function*)', isCoroutineFunction(greet));
  say(
    '  a native async function',
    isCoroutineFunction(async () => 1),
  );
  say('  the generator function itself', isCoroutineFunction(steps));
  say(
    '  a plain function',
    isCoroutineFunction(() => 1),
  );
  say('  a marked function after bind()', isCoroutineFunction(bound));
  say('  a plain function that returns a coroutine', isCoroutineFunction(wrapper));

  console.log('coroutine() of a plain function');
  try {
    coroutine((() => 1) as never);
  } catch (error) {
    say('  refused', error);
  }

  console.log('but the last two return a coroutine');
  for (const unmarked of [bound, wrapper]) {
    const value = unmarked();
    if (isCoroutine(value))
      say(
        '  awaited',
        runSync(() => value as Steps<string>),
      );
  }
}

await program(import.meta, main);
