// A target in a worker thread: what is sent to it is posted to the thread, where another coroutine receives it.
// Watch that everything is sent before the worker says a word: this send() does not come back from the end of the pipeline.
// Here pushing has its price. A queue without bound lies between the two, and nobody tells a fast source to wait.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { program } from '../support/program.js';
import { type Consumer, type Target, broadcast, grep, primed, printer, source } from './pipeline.js';

/** What runs in the worker: it makes the consumer, and hands it what comes. */
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
    if (act[kind](value).done) parentPort.close(); // nothing is left that could wake this thread: it ends
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
 * A target whose body runs in a worker thread, and the end of that thread, with its error if there was one.
 *
 * @param body is handed over as text, so it must not use anything from outside; `say` sends a text back
 * @param output gets these texts
 */
export function inThread(
  body: (say: (text: string) => void) => Consumer<string>,
  output: Target<string>,
): { target: Target<string>; ended: Promise<unknown> } {
  const end = output.join();
  const worker = new Worker(workerProgram(String(body)), { eval: true });
  worker.on('message', (text: string) => output.send(text));
  const ended = once(worker, 'exit').finally(() => end[Symbol.dispose]()); // rejects on 'error'
  ended.catch(() => undefined); // whoever awaits it learns of it
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
