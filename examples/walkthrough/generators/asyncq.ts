// Producers and consumers that meet at a queue, with generators: put, get and join are waits like any other, with `yield*`.
// Watch how long items wait in the queue, and the end: join() waits for the last item, then the consumers are cancelled and awaited.
// With --fail every consumer breaks at its first item: the program ends all the same. Also -p, -c, `--scale`, `--seed`.

import { Queue, type Steps, createTask, gather, getRunningLoop, runSync, sleep, wait } from 'selectloop';

import { program } from '../../support/program.js';
import { numbersFor } from '../numbers.js';
import { type QueueOptions, failures, queueOptions, upTo } from '../queue-options.js';
import { startTrace } from '../trace.js';

interface Item {
  readonly name: string;
  readonly putMs: number;
}

export function* main(options: QueueOptions = {}): Steps<void> {
  const { producers = 3, consumers = 2, fail = false, scale = 1, numbers = numbersFor(undefined) } = options;
  const loop = getRunningLoop();
  const say = startTrace(scale);
  const queue = new Queue<Item>();

  function* nap(): Steps<void> {
    yield* sleep(numbers() * 1000 * scale);
  }

  function* produce(id: number): Steps<void> {
    for (const n of upTo(numbers())) {
      yield* nap();
      yield* queue.put({ name: `${id}.${n}`, putMs: loop.time() });
      say(`producer ${id} puts item ${id}.${n}`);
    }
    say(`producer ${id} is done`);
  }

  function* consume(id: number): Steps<never> {
    try {
      for (;;) {
        yield* nap();
        const { name, putMs } = yield* queue.get();
        try {
          if (fail) throw new Error(`item ${name} is broken`);
          say(
            `consumer ${id} takes item ${name}, which waited ${Math.round((loop.time() - putMs) / (1000 * scale))} s`,
          );
        } finally {
          queue.taskDone(); // also for a broken one: it is dealt with
        }
      }
    } finally {
      say(`consumer ${id} goes home`);
    }
  }

  const making = upTo(producers).map((id) => createTask(produce(id)));
  const taking = upTo(consumers).map((id) => createTask(consume(id)));
  const everythingTaken = createTask(function* () {
    yield* gather(making);
    yield* queue.join();
  });
  const nobodyLeft = gather(taking, { returnExceptions: true });

  // To wait for everythingTaken alone would be to wait for ever once nobody is left to take anything.
  yield* wait([everythingTaken, nobodyLeft], { returnWhen: 'FIRST_COMPLETED' });
  say(everythingTaken.done() ? 'everything is taken' : 'no consumer is left');

  const tasks = [...making, ...taking, everythingTaken];
  for (const task of tasks) task.cancel();
  yield* gather(tasks, { returnExceptions: true }); // cancelling is asking: now they have cleaned up
  for (const line of failures(taking)) say(line);
  say(`done, ${queue.qsize()} items left in the queue`);
}

await program(import.meta, (args) => runSync(() => main(queueOptions(args))));
