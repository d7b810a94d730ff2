/** The options of a recorder. */

import { outOfRange, wrongType, checkNames, optionNames } from '../errors/index.js';

/** The limits of a recorder. */
export interface RecorderOptions {
  /** The number of iterations to keep; older ones are dropped and counted. Default: 10000. */
  maxIterations?: number;
  /**
   * The number of handles, events and descriptors per iteration in the text, the JSON and the Chrome trace; the rest is only counted.
   * Default: 1000.
   */
  maxEventsPerIteration?: number;
  /**
   * The number of events to keep, at about 50 bytes each. A handle that runs is three events, a wait for a descriptor four. Of an iteration with
   * more, the end is not recorded. Default: 500000, or eight times `maxEventsPerIteration` if that is more.
   */
  maxEvents?: number;
  /**
   * Whether each task, timer, callback and wait gets the line of the program that creates it, or that waits. It takes several microseconds for
   * each, and also for each coroutine that any loop of the thread creates. Default: false.
   */
  places?: boolean;
}

/** The options of a recorder, by name. */
export const RECORDER_OPTIONS = {
  maxIterations: true,
  maxEventsPerIteration: true,
  maxEvents: true,
  places: true,
} as const satisfies Record<keyof RecorderOptions, true>;

const OPTIONS = optionNames<RecorderOptions>(RECORDER_OPTIONS);

/** Checks the options of a recorder. */
export function checkRecorderOptions(options: RecorderOptions): void {
  checkNames('Recorder: options', options, OPTIONS);
}

/** Options of `Recorder.toTrace`. */
export interface EventTraceOptions {
  /**
   * Whether the texts of the program's files are included: those that the places of the trace name. They are read now, up to 1 MB each
   * and 8 MB in total; one that cannot be read is left out. Default: false.
   */
  sources?: boolean;
}

/** The options of `toTrace`, by name. */
export const TRACE_OPTIONS = optionNames<EventTraceOptions>({ sources: true });

/** Options of `Recorder.toHTML`. */
export interface HTMLOptions {
  /** The title of the page. Default: the name of the program's file. */
  title?: string;
  /** Whether the page has the texts of the program's files, as with `toTrace`. Default: true if the recorder takes places. */
  sources?: boolean;
}

/** The options of `toHTML`, by name. */
export const HTML_OPTIONS = optionNames<HTMLOptions>({ title: true, sources: true });

/** Returns a limit. RangeError or TypeError unless it is an integer of at least 1. */
export function checkedLimit(name: string, value: unknown): number {
  if (typeof value !== 'number') throw wrongType(name, 'an integer >= 1', value);
  if (!Number.isSafeInteger(value) || value < 1) throw outOfRange(name, 'an integer >= 1', value);
  return value;
}

/** Returns an option that is true or false. TypeError for anything else. */
export function checkedSwitch(name: string, value: unknown, ifAbsent: boolean): boolean {
  if (value === undefined) return ifAbsent;
  if (typeof value !== 'boolean') throw wrongType(name, 'a boolean', value);
  return value;
}
