/**
 * Events as a recorder keeps them: numbers, one after the other. The code of an event says how many follow.
 *
 * The inspector thread decodes them too, so this file imports nothing else of the library.
 */

import { Code, type EventTrace, type TraceEvent } from './events.js';

/** The number of arguments of each code; `taskStep` has a count of its waits as the third, and then these. */
const ARGUMENTS: Readonly<Record<number, number>> = {
  ...{ [Code.iterationStart]: 1, [Code.iterationEnd]: 0, [Code.selectStart]: 2, [Code.descriptorReady]: 5 },
  ...{ [Code.selectEnd]: 1, [Code.timerFired]: 1, [Code.collected]: 0, [Code.handleStart]: 1 },
  ...{ [Code.handleSkipped]: 1, [Code.handleFailed]: 2, [Code.handleEnd]: 1, [Code.enqueued]: 2 },
  ...{ [Code.timerScheduled]: 3, [Code.timerCancelled]: 1, [Code.timerDropped]: 1, [Code.timersCompacted]: 1 },
  ...{ [Code.descriptorChanged]: 5, [Code.taskCreated]: 1, [Code.taskStep]: 3, [Code.taskWaits]: 2 },
  ...{ [Code.taskCancelRequested]: 2, [Code.taskDone]: 3, [Code.taskRenamed]: 2, [Code.outsideStart]: 0 },
  ...{ [Code.outsideEnd]: 0, [Code.attached]: 1, [Code.detached]: 0, [Code.gap]: 1 },
};

/** Appends the events that the numbers stand for. */
export function decode(numbers: Float64Array, events: TraceEvent[]): void {
  const number = (at: number): number => numbers[at] as number;
  for (let at = 0; at < numbers.length;) {
    const code = number(at);
    const atMs = Math.round(number(at + 1) * 1e6) / 1e6; // whole nanoseconds
    const count = ARGUMENTS[code] as number;
    if (code === Code.taskStep) events.push([code, atMs, number(at + 2), number(at + 3), ...waitsAt(numbers, at)]);
    else if (count === 0) events.push([code, atMs]);
    else if (count === 1) events.push([code, atMs, number(at + 2)]);
    else if (count === 2) events.push([code, atMs, number(at + 2), number(at + 3)]);
    else events.push([code, atMs, ...numbers.subarray(at + 2, at + 2 + count)]);
    at += lengthAt(numbers, at);
  }
}

function waitsAt(numbers: Float64Array, at: number): Float64Array {
  return numbers.subarray(at + 5, at + 5 + (numbers[at + 4] as number));
}

/** Returns the number of numbers of the event there. */
export function lengthAt(numbers: Float64Array, at: number): number {
  const code = numbers[at] as number;
  return 2 + (ARGUMENTS[code] as number) + (code === Code.taskStep ? (numbers[at + 4] as number) : 0);
}

/** A trace whose events are numbers: the parts of one array, in their order. */
export interface EncodedTrace {
  readonly trace: Omit<EventTrace, 'events'>;
  readonly numbers: ReadonlyArray<Float64Array<ArrayBuffer>>;
}
