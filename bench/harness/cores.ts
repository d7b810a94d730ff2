/** Which core the server runs on, and which one the load generator. */

import { readFileSync } from 'node:fs';

import { BenchError } from '../bench-error.js';

/** Numbers of cores, different ones. */
export interface Cores {
  readonly server: number;
  readonly load: number;
}

/** The cores of a list as the kernel writes it: `0-3,8`. */
function coresOf(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [first = NaN, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** The first and the last core that this process may use: as far from each other as can be. */
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
