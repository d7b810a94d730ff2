// An error is thrown into the beginning of a pipeline, and comes out of a yield at its end.
// Watch the first printer catch it and go on, and the second one not: then it ends the pipeline and comes back to the thrower.
// Data, errors and the end take the same way. A stage that forwards only the data breaks the other two without a sound.

import { program } from '../support/program.js';
import { type Consumer, grep, map, primed } from './pipeline.js';

const printer = primed(function* printer(patient: boolean): Consumer<string> {
  try {
    for (;;) {
      try {
        console.log(`  printer: ${yield}`);
      } catch (error) {
        console.log(`  printer: ${String(error)}`);
        if (!patient) throw error;
      }
    }
  } finally {
    console.log('  printer: ends');
  }
});

export function main(): void {
  for (const patient of [true, false]) {
    console.log(patient ? 'a printer that catches' : 'a printer that does not');
    const pipeline = grep(
      'python',
      map((line: string) => line.toUpperCase(), printer(patient)),
    );
    pipeline.send('a python');
    try {
      pipeline.throw(new RangeError('told you so'));
    } catch (error) {
      console.log(`back came ${String(error)}`);
    }
    console.log(`it ${pipeline.send('another python') ? 'wants' : 'does not want'} more`);
    pipeline.close();
  }
}

await program(import.meta, main);
