// A coroutine that consumes: it is suspended at its yield, and each send() passes it one line.
// Watch "Looking for python" appear before the first line is sent, and what closing the coroutine does.
// A producing generator returns values from next(); a consuming one receives values through next(line).

import { program } from '../support/program.js';
import { type Consumer, primed } from './pipeline.js';

const grep = primed(function* grep(pattern: string): Consumer<string> {
  console.log(`Looking for ${pattern}`);
  try {
    for (;;) {
      const line = yield;
      if (line.includes(pattern)) console.log(line);
    }
  } finally {
    console.log('Going away. Goodbye');
  }
});

export function main(): void {
  const target = grep('python');
  target.send('a snake of six metres');
  target.send('a python of six metres');
  target.send('the python generators that this idea came from');
  target.close();
  console.log(`sent after closing: ${target.send('one more python') ? 'taken' : 'not taken'}`);
}

await program(import.meta, main);
