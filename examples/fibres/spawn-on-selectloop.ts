// The same on the library: createTask is the request, and a task group waits for all tasks, including grandchildren.
// Watch: the order is that of spawn.ts, because a new task goes to the end of the loop's ready queue.
// In spawn.ts an error of one fibre would end the scheduler. The group cancels the other tasks, waits for them, and then throws.

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
  console.log(`${order.length - 1} requests`); // the first fibre was not requested
  console.log(`first: ${order.slice(0, 10).join(', ')}`);
  console.log(`last:  ${order.slice(-3).join(', ')}`);
  return order;
}

await program(import.meta, () => run(main));
