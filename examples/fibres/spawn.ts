// A fibre asks the scheduler to run more fibres: fibre n spawns n % 10 children, numbered 10n, 10n + 1 and so on.
// Watch the order: all children of 5 run before the first grandchild, because new fibres go to the end of the queue.
// The queue makes this breadth-first. With a stack it would be depth-first: all descendants of one child before the next child.

import { program } from '../support/program.js';

/** A request to run another fibre. */
class Spawn {
  constructor(readonly fibre: Fibre) {}
}

type Fibre = Generator<Spawn, void, void>;

/** Runs a fibre and all its descendants. Returns the number of requests. */
function runWithChildren(first: Fibre): number {
  const queue = [first];
  let requests = 0;
  for (let fibre; (fibre = queue.shift()) !== undefined;) {
    for (const request of fibre) {
      requests += 1;
      queue.push(request.fibre);
    }
  }
  return requests;
}

function* fibre(n: number, order: number[]): Fibre {
  order.push(n);
  for (let i = 0; i < n % 10; i += 1) yield new Spawn(fibre(10 * n + i, order));
}

export function main(): number[] {
  const order: number[] = [];
  const requests = runWithChildren(fibre(5, order));
  console.log(`${requests} requests`);
  console.log(`first: ${order.slice(0, 10).join(', ')}`);
  console.log(`last:  ${order.slice(-3).join(', ')}`);
  return order;
}

await program(import.meta, main);
