// Producers and consumers with a queue between them, with generators: `yield*` waits for put, get and join.
// Watch how long items wait in the queue, and the end: join() waits for the last item, then the consumers are cancelled and awaited.
// With --fail every consumer fails at its first item; the program ends nevertheless. Also -p, -c, `--scale`, `--seed`.

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
          queue.taskDone(); // also for a broken item: it has been handled
        }
      }
    } finally {
      say(`consumer ${id} stops`);
    }
  }

  const making = upTo(producers).map((id) => createTask(produce(id)));
  const taking = upTo(consumers).map((id) => createTask(consume(id)));
  const everythingTaken = createTask(function* () {
    yield* gather(making);
    yield* queue.join();
  });
  const noConsumerLeft = gather(taking, { returnExceptions: true });

  // Waiting for everythingTaken alone would block indefinitely if all consumers failed.
  yield* wait([everythingTaken, noConsumerLeft], { returnWhen: 'FIRST_COMPLETED' });
  say(everythingTaken.done() ? 'everything is taken' : 'no consumer is left');

  const tasks = [...making, ...taking, everythingTaken];
  for (const task of tasks) task.cancel();
  yield* gather(tasks, { returnExceptions: true }); // cancel() is only a request: this waits until they have cleaned up
  for (const line of failures(taking)) say(line);
  say(`done, ${queue.qsize()} items left in the queue`);
}

await program(import.meta, (args) => runSync(() => main(queueOptions(args))));
