/** What records end with. */

import { outOfRange } from '../errors/index.js';
import { checkBytes } from '../sockets/arguments.js';
import type { ChunkList } from './chunk-list.js';

/** Where a separator lies: from `start` to before `end`. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

/**
 * With several separators a search goes on by stretches of this many bytes, or one that occurs often would be looked for, in
 * vain, up to the end of what has arrived, again for every record that the other one ends.
 */
const STRETCH = 1024;

/** One separator, or several of which the one that ends first counts. */
export class Separators {
  /** The length of the longest. */
  readonly longest: number;
  /** The shorter before the longer: of two that end together, the shorter counts. */
  private readonly list: readonly Buffer[];

  /** @param separators one or more, none of them empty; TypeError or RangeError otherwise */
  constructor(separators: Uint8Array | readonly Uint8Array[]) {
    const given: readonly Uint8Array[] = Array.isArray(separators) ? separators : [separators as Uint8Array];
    if (given.length === 0) throw outOfRange('readUntil: separators', 'at least one separator', given);
    this.list = given.map(checkedCopy).sort((a, b) => a.length - b.length);
    this.longest = this.list.at(-1)!.length;
  }

  /** The first separator in `bytes` that begins at `from` or later; null if there is none that is complete. */
  find(bytes: ChunkList, from: number): Match | null {
    if (this.list.length > 1) return this.findFirst(bytes, from);
    const start = bytes.indexOf(this.list[0]!, from, bytes.length);
    return start < 0 ? null : { start, end: start + this.longest };
  }

  private findFirst(bytes: ChunkList, from: number): Match | null {
    for (let low = from; low < bytes.length; low += STRETCH) {
      let match: Match | null = null;
      for (const separator of this.list) {
        const to: number = match === null ? Math.min(low + STRETCH, bytes.length) : match.end - 1;
        const start = bytes.indexOf(separator, Math.max(from, low - separator.length + 1), to);
        if (start >= 0) match = { start, end: start + separator.length };
      }
      if (match !== null) return match;
    }
    return null;
  }
}

/** A copy: the search must not change with the caller's buffer. */
function checkedCopy(separator: Uint8Array): Buffer {
  if (checkBytes('readUntil: separator', separator).length > 0) return Buffer.from(separator);
  throw outOfRange('readUntil: separator', 'at least one byte', separator);
}
