/** Finds the separators that end records. */

import { outOfRange } from '../errors/index.js';
import { checkBytes } from '../sockets/arguments.js';
import type { ChunkList } from './chunk-list.js';

/** The position of a separator: from `start` to before `end`. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

/**
 * A search for several separators advances by this many bytes. Otherwise a separator that is absent would be searched for up to the end
 * of the buffer, again for every record that another separator ends.
 */
const STRETCH = 1024;

/** One or several separators. The one that ends first wins. */
export class Separators {
  /** The length of the longest separator. */
  readonly longest: number;
  /** Sorted by length, because the shorter of two separators that end at the same byte wins. */
  private readonly list: readonly Buffer[];

  /** @param separators one or more, none of them empty; TypeError or RangeError otherwise */
  constructor(separators: Uint8Array | readonly Uint8Array[]) {
    const given: readonly Uint8Array[] = Array.isArray(separators) ? separators : [separators as Uint8Array];
    if (given.length === 0) throw outOfRange('readUntil: separators', 'at least one separator', given);
    this.list = given.map(checkedCopy).sort((a, b) => a.length - b.length);
    this.longest = this.list.at(-1)!.length;
  }

  /** Returns the first complete separator in `bytes` that begins at `from` or later; null if there is none. */
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

/** Checks and copies a separator, because the caller may change its buffer during the search. */
function checkedCopy(separator: Uint8Array): Buffer {
  if (checkBytes('readUntil: separator', separator).length > 0) return Buffer.from(separator);
  throw outOfRange('readUntil: separator', 'at least one byte', separator);
}
