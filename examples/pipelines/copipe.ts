// follow -> grep -> first -> printer: prints lines as they are appended to a file. Only follow() waits; the other stages receive.
// Watch: nothing is printed for the line that existed before, nor for half a line; and follow() stops when first() has finished.
// Nothing polls. The loop sleeps until the kernel reports a change of the file (inotify, through fs.watch).

import {
  appendFileSync,
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

import { Event, type Steps, createTask, run, sleep } from 'selectloop';

import { program } from '../support/program.js';
import { type Consumer, type Target, grep, primed, printer, received } from './pipeline.js';

/** Sends each line that is appended to a file from now on, until the target finishes. */
export function* follow(path: string, target: Target<string>): Steps<void> {
  using _end = target.join();
  const changed = new Event();
  const watcher = watch(path, () => changed.set()); // before the first read, so that no change is missed
  const file = openSync(path, 'r');
  try {
    const decoder = new StringDecoder(); // a read may end inside a multi-byte character
    const buffer = Buffer.alloc(65_536);
    let position = fstatSync(file).size;
    let text = '';
    while (!target.finished) {
      const count = readSync(file, buffer, 0, buffer.length, position);
      if (count === 0) {
        yield* changed.wait();
        changed.clear();
        continue;
      }
      position += count;
      const lines = (text + decoder.write(buffer.subarray(0, count))).split('\n');
      text = lines.pop()!;
      for (const line of lines) target.send(line);
    }
  } finally {
    closeSync(file);
    watcher.close();
  }
}

/** Sends the first `count` items, then finishes. */
const first = primed(function* first<T>(count: number, target: Target<T>): Consumer<T> {
  using _end = target.join();
  for (let i = 0; i < count && !target.finished; i += 1) target.send(yield* received<T>(target));
});

function* logger(path: string): Steps<void> {
  for (const text of ['a python was seen\n', 'nothing new\n', 'two pyth', 'ons were seen\n', 'a third python\n']) {
    yield* sleep(30);
    console.log(`log: ${JSON.stringify(text)}`);
    appendFileSync(path, text);
  }
}

export function* main(): Steps<void> {
  const folder = mkdtempSync(join(tmpdir(), 'copipe-'));
  try {
    const path = join(folder, 'access.log');
    writeFileSync(path, 'an old python\n');
    const following = createTask(follow(path, grep('python', first(3, printer('    ')))), { eagerStart: true });
    yield* logger(path);
    yield* following;
    console.log('three were enough');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await program(import.meta, () => run(main));
