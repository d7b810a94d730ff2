/**
 * Watermarks: at which buffer sizes a protocol must stop writing and may resume.
 *
 * There are two of them, so that a peer that reads a few bytes at a time does not pause and resume the protocol with every read.
 */

import { checkOptions, outOfRange, wrongType } from '../errors/index.js';

const DEFAULT_HIGH = 64 * 1024;
/** `high` divided by `low` when only one of them is given, as in asyncio. */
const RATIO = 4;

/** The limits of a write buffer, in bytes. */
export interface WriteBufferLimits {
  /** Above this size, `pauseWriting` is called. */
  high?: number;
  /** At this size or below, `resumeWriting` is called. */
  low?: number;
}

/** The two watermarks, and whether the protocol is paused. */
export class Watermarks {
  high = DEFAULT_HIGH;
  low = DEFAULT_HIGH / RATIO;
  /** True from `pauseWriting` to `resumeWriting`. */
  paused = false;

  /** Sets one or both. RangeError unless 0 <= low <= high; TypeError for anything but numbers. */
  set(limits: WriteBufferLimits): void {
    const { high, low } = checkOptions('setWriteBufferLimits: limits', limits);
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
