/** What programs hand to a transport of a stream, whatever is below it. */

import { wrongType } from '../errors/index.js';
import { checkBytes } from '../sockets/arguments.js';

/** From so many writes on that were dropped, each is reported: a program that writes on has not noticed. */
export const REPORTED_LATE_WRITES = 5;

/** The argument of `writelines`, checked; without those that are empty. */
export function buffersToWrite(list: Iterable<Uint8Array>): Uint8Array[] {
  if (!isIterable(list)) throw wrongType('writelines: list', 'an iterable of Buffers', list);
  return [...list].filter((data, i) => checkBytes(`writelines: list[${i}]`, data).length > 0);
}

function isIterable(list: unknown): boolean {
  return typeof (list as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === 'function';
}
