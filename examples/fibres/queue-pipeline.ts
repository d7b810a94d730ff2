// Three tasks in a row with bounded queues between them: a chunker, a line splitter, and a printer that is slow.
// Watch the chunker stop: with room for two chunks and two lines on the way, it can be only so far ahead of the printer.
// Nobody tells it to slow down. put() waits while the queue is full, and that is all there is to back-pressure.

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

/** The next item, or null when there will be none. */
function* nextOf(queue: Queue<string>): Steps<string | null> {
  try {
    return yield* queue.get();
  } catch (error) {
    if (error instanceof QueueShutDown) return null;
    throw error;
  }
}

/** An error in one of the three cancels the others: none is left waiting at a queue for ever. */
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
