/** `npm run example NAME -- ARGUMENTS`: runs one program in this process, as if Node had been started with it. */

import { UnknownProgram } from './catalogue.js';
import { startProgram } from './start-program.js';

const [name, ...args] = process.argv.slice(2);

try {
  if (name === undefined) throw new UnknownProgram('expected the name of an example; npm run examples lists them');
  await startProgram(name, args);
} catch (error) {
  if (!(error instanceof UnknownProgram)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
