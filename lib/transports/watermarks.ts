/**
 * Watermarks: when a protocol should stop writing, and when it may go on.
 *
 * Two marks and not one, so that a peer who reads a few bytes at a time does not make the protocol stop and go with each of them.
 */

import { outOfRange, wrongType } from '../errors/index.js';

const DEFAULT_HIGH = 64 * 1024;
/** How `high` and `low` follow from each other when only one is given, as in asyncio. */
const RATIO = 4;

/** The limits of a write buffer, in bytes. */
export interface WriteBufferLimits {
  /** Over it, the protocol is told to pause. */
  high?: number;
  /** At it or below, the protocol may resume. */
  low?: number;
}

/** The two marks, and on which side of them the protocol is. */
export class Watermarks {
  high = DEFAULT_HIGH;
  low = DEFAULT_HIGH / RATIO;
  /** True from `pauseWriting` to `resumeWriting`. */
  paused = false;

  /** RangeError unless 0 <= low <= high; TypeError for anything but numbers. */
  set({ high, low }: WriteBufferLimits): void {
    const newHigh = high ?? (low === undefined ? DEFAULT_HIGH : low * RATIO);
    const newLow = low ?? Math.floor(newHigh / RATIO);
    checkBytesCount('high', newHigh);
    checkBytesCount('low', newLow);
    if (newLow > newHigh) throw outOfRange('setWriteBufferLimits: low', `at most high (${newHigh})`, newLow);
    this.high = newHigh;
    this.low = newLow;
  }
}

function checkBytesCount(name: string, value: unknown): void {
  if (typeof value !== 'number') throw wrongType(`setWriteBufferLimits: ${name}`, 'a number of bytes >= 0', value);
  if (!(value >= 0)) throw outOfRange(`setWriteBufferLimits: ${name}`, 'a number of bytes >= 0', value);
}
