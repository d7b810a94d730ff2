// A pipeline of three tasks with bounded queues between them: a chunker, a line splitter, and a slow printer.
// Watch the chunker pause: each queue has room for two items, which limits how far it can be ahead of the printer.
// put() waits while the queue is full. This is backpressure: no stage has to know how fast another one is.

import { Queue, QueueShutDown, type Steps, run, sleep, taskGroup } from 'selectloop';

import { program } from '../support/program.js';

const TEXT = 'a queue\nthat is bounded\nkeeps\nthe fast\nfrom running\naway\n';
const CHUNK = 12;
const ROOM = 2;

function* chunker(text: string, chunks: Queue<string>): Steps<void> {
  for (let start = 0; start < text.length; start += CHUNK) {
    const chunk = text.slice(start, start + CHUNK);
    yield* chunks.put(chunk);
    console.log(`chunker: ${JSON.stringify(chunk)}`);
  }
  chunks.shutdown();
}

function* splitter(chunks: Queue<string>, lines: Queue<string>): Steps<void> {
  let text = '';
  for (let chunk; (chunk = yield* nextOf(chunks)) !== null;) {
    const parts = (text + chunk).split('\n');
    text = parts.pop()!;
    for (const line of parts) {
      yield* lines.put(line);
      console.log(`    splitter: ${line}`);
    }
  }
  if (text !== '') yield* lines.put(text);
  lines.shutdown();
}

function* printer(lines: Queue<string>, delayMs: number): Steps<number> {
  let count = 0;
  for (let line; (line = yield* nextOf(lines)) !== null;) {
    yield* sleep(delayMs);
    console.log(`        printer: ${line}`);
    count += 1;
  }
  return count;
}

/** Returns the next item, or null after the queue was shut down and emptied. */
function* nextOf(queue: Queue<string>): Steps<string | null> {
  try {
    return yield* queue.get();
  } catch (error) {
    if (error instanceof QueueShutDown) return null;
    throw error;
  }
}

/** Runs the pipeline. An error in one stage cancels the two remaining ones, so that none waits indefinitely at a queue. */
export function* main(text = TEXT, delayMs = 20): Steps<number> {
  const chunks = new Queue<string>(ROOM);
  const lines = new Queue<string>(ROOM);
  const count = yield* taskGroup(function* (group) {
    group.createTask(chunker(text, chunks));
    group.createTask(splitter(chunks, lines));
    return yield* printer(lines, delayMs);
  });
  console.log(`${count} lines`);
  return count;
}

await program(import.meta, () => run(() => main()));
