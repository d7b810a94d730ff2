/** Chooses the cores of the server and of the load generator. */

import { readFileSync } from 'node:fs';

import { BenchError } from '../bench-error.js';

/** The numbers of two different cores. */
export interface Cores {
  readonly server: number;
  readonly load: number;
}

/** Parses a list of cores in the kernel's format: `0-3,8`. */
function coresOf(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [first = NaN, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Returns the first and the last core that this process may use, which are least likely to share caches. */
export function chooseCores(): Cores {
  const status = readFileSync('/proc/self/status', 'utf8');
  const allowed = coresOf(/^Cpus_allowed_list:\s+(\S+)/m.exec(status)![1]!);
  const [server] = allowed;
  const load = allowed.at(-1);
  if (server === undefined || load === undefined || server === load) {
    throw new BenchError('expected two cores, one for the server and one for the load generator, got one');
  }
  return { server, load };
}
