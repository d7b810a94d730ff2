/** Starts a program of the catalogue in this process. */

import { pathToFileURL } from 'node:url';

import { programNamed } from './catalogue.js';

/** Runs the program `name` with these arguments, as if Node had been started with it. UnknownProgram if there is none of that name. */
export async function startProgram(name: string, args: readonly string[]): Promise<void> {
  const { file } = programNamed(name);
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}
