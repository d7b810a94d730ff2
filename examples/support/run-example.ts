/** `npm run example NAME -- ARGUMENTS`: runs one program in this process, as if Node had been started with it. */

import { pathToFileURL } from 'node:url';

import { UnknownProgram, programNamed } from './catalogue.js';

const [name, ...args] = process.argv.slice(2);

try {
  if (name === undefined) throw new UnknownProgram('expected the name of an example; npm run examples lists them');
  const { file } = programNamed(name);
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
} catch (error) {
  if (!(error instanceof UnknownProgram)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
