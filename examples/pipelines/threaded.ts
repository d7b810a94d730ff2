// A target in a worker thread: items are posted to the thread, where another coroutine receives them.
// Watch: everything is sent before the worker prints a line, because send() does not wait for the thread to handle the item.
// The drawback is an unbounded queue between the two threads: a fast source gets no backpressure.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { program } from '../support/program.js';
import { type Consumer, type Target, broadcast, grep, primed, printer, source } from './pipeline.js';

/** Returns the program of the worker: it creates the consumer and passes messages to it. */
const workerProgram = (body: string): string => `
  const { parentPort } = require('node:worker_threads');
  const consumer = (${body})((text) => parentPort.postMessage(text));
  const act = {
    item: (value) => consumer.next(value),
    error: (value) => consumer.throw(value),
    end: () => consumer.return(),
  };
  consumer.next();
  parentPort.on('message', ({ kind, value }) => {
    if (act[kind](value).done) parentPort.close(); // nothing keeps this thread alive any longer
  });
`;

const posted = primed(function* posted(worker: Worker): Consumer<unknown> {
  try {
    for (;;) {
      try {
        worker.postMessage({ kind: 'item', value: yield });
      } catch (error) {
        worker.postMessage({ kind: 'error', value: error });
      }
    }
  } finally {
    worker.postMessage({ kind: 'end' });
  }
});

/**
 * Starts a worker thread, and returns a target whose body runs there.
 *
 * @param body passed to the worker as source text, so it must not refer to outer variables; `say` sends a text back
 * @param output receives these texts, and is closed when the thread exits
 * @returns the target, and a promise that settles when the thread exits, with its error if there was one
 */
export function inThread(
  body: (say: (text: string) => void) => Consumer<string>,
  output: Target<string>,
): { target: Target<string>; ended: Promise<unknown> } {
  const end = output.join();
  const worker = new Worker(workerProgram(String(body)), { eval: true });
  worker.on('message', (text: string) => output.send(text));
  const ended = once(worker, 'exit').finally(() => end[Symbol.dispose]()); // rejects on 'error'
  ended.catch(() => undefined); // the error is reported to the code that awaits `ended`
  return { target: posted(worker), ended };
}

export async function main(): Promise<void> {
  const { target, ended } = inThread(function* (say) {
    let length = 0;
    try {
      for (;;) {
        const line = yield;
        length += line.length;
        say(line.toUpperCase());
      }
    } finally {
      say(`closed after ${length} letters`);
    }
  }, printer('  worker: '));
  source(['a python', 'a snake', 'two pythons'], broadcast([grep('python', target), printer('  main: ')]));
  console.log('everything is sent');
  await ended;
  console.log('the worker has ended');
}

await program(import.meta, main);
