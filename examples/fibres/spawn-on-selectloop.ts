// The same on the library: createTask is the request, and a task group waits for everybody, grandchildren too.
// Watch that the order is that of spawn.ts: a new task goes to the end of the loop's ready queue.
// The scheduler of spawn.ts would lose the others if one fibre threw. The group cancels them, waits for them, and reports.

import { type Steps, type TaskGroup, run, taskGroup } from 'selectloop';

import { program } from '../support/program.js';

function* fibre(n: number, order: number[], group: TaskGroup): Steps<void> {
  order.push(n);
  for (let i = 0; i < n % 10; i += 1) group.createTask(fibre(10 * n + i, order, group));
}

export function* main(): Steps<number[]> {
  const order: number[] = [];
  yield* taskGroup(function* (group) {
    yield* fibre(5, order, group);
  });
  console.log(`${order.length - 1} requests`); // for everybody but the first
  console.log(`first: ${order.slice(0, 10).join(', ')}`);
  console.log(`last:  ${order.slice(-3).join(', ')}`);
  return order;
}

await program(import.meta, () => run(main));
