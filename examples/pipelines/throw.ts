// An error is thrown into the first stage of a pipeline, and reaches the yield of the last.
// Watch the first printer catch it and continue. The second one does not: the error ends the pipeline, and throw() throws it.
// Items, errors and the end take the same way. A stage that forwards only items silently loses the other two.

import { program } from '../support/program.js';
import { type Consumer, grep, map, primed } from './pipeline.js';

const printer = primed(function* printer(catches: boolean): Consumer<string> {
  try {
    for (;;) {
      try {
        console.log(`  printer: ${yield}`);
      } catch (error) {
        console.log(`  printer: ${String(error)}`);
        if (!catches) throw error;
      }
    }
  } finally {
    console.log('  printer: ends');
  }
});

export function main(): void {
  for (const catches of [true, false]) {
    console.log(catches ? 'a printer that catches' : 'a printer that does not');
    const pipeline = grep(
      'python',
      map((line: string) => line.toUpperCase(), printer(catches)),
    );
    pipeline.send('a python');
    try {
      pipeline.throw(new RangeError('told you so'));
    } catch (error) {
      console.log(`throw() threw ${String(error)}`);
    }
    console.log(`it ${pipeline.send('another python') ? 'wants' : 'does not want'} more`);
    pipeline.close();
  }
}

await program(import.meta, main);
