/** The texts of the program's files. */

import { isAbsolute, readFileSync, statSync } from '../platform/files.js';
import type { Name } from './events.js';

/** The longest file that a trace includes, and the most that it includes in total, in bytes. */
const LONGEST = 1_000_000;
const MOST = 8_000_000;

/** Returns the texts of the files that the places of `names` name. A file that cannot be read, or is no file, is left out. */
export function sourcesOf(names: Iterable<Name>): Record<string, string> {
  const files = new Set<string>();
  for (const { place } of names) if (place !== undefined && isAbsolute(place.file)) files.add(place.file);
  const sources: Record<string, string> = {};
  let total = 0;
  for (const file of files) {
    const text = textOf(file, MOST - total);
    if (text === null) continue;
    sources[file] = text;
    total += text.length;
  }
  return sources;
}

/** Returns the text of a file, or a note if it is too long; null if it cannot be read. */
function textOf(file: string, left: number): string | null {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) return null; // a pipe or a device could block, or never end
    if (stat.size > LONGEST) return `Not included: this file has ${stat.size} bytes, and the limit is ${LONGEST}.`;
    if (stat.size > left) return `Not included: the files of the program have more than ${MOST} bytes.`;
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
