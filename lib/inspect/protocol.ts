/**
 * The protocol between a viewer and the inspector thread of a process: lines of JSON on a UNIX socket, in both directions.
 *
 * The viewer first sends `{ "hello": 1 }`, and gets the thread's `hello`. Then it sends requests, and gets an answer to each. The list of
 * requests is closed: nothing is evaluated. Unknown keys are ignored, an unknown or malformed request is answered with `error`, and a
 * `hello` of another version ends the connection.
 *
 * This file has the types of both directions, and the check of what a viewer sends. It imports only types, because the page uses it also.
 */

import type { EventTrace } from '../trace/events.js';

/** The version in `hello`. */
export const PROTOCOL_VERSION = 1;

/** The longest line that a viewer may send, in characters. */
export const LONGEST_LINE = 65_536;

/** The most rows of one answer. */
export const MOST_ROWS = 10_000;

/** The number of rows of an answer without `limit`. */
export const DEFAULT_ROWS = 100;

/** The shortest interval of a repeated answer, in milliseconds. */
const SHORTEST_INTERVAL_MS = 100;

/** What a viewer can ask for. */
export type TableName = 'loop' | 'tasks' | 'tree' | 'sockets' | 'lag' | 'trace';

/** The columns by which a table can be sorted, in the order in which they are shown; `-name` sorts in descending order. */
export const COLUMNS: Readonly<Record<TableName, readonly string[]>> = {
  loop: [],
  lag: [],
  trace: [],
  tasks: ['id', 'name', 'function', 'state', 'age', 'steps', 'busy', 'waits', 'place'],
  tree: [],
  sockets: [
    ...['fd', 'kind', 'local', 'peer', 'state', 'waiters', 'in', 'out', 'rtt', 'retrans', 'unsent', 'buffered'],
    ...['reading', 'tls'],
  ],
};

// --- Viewer to thread ---------------------------------------------------------------------------------------------------

/** The first line. */
export interface HelloRequest {
  readonly hello: number;
  /** Whether the viewer will control the loop, also through a door that lets other viewers only look. Default: false. */
  readonly control: boolean;
}

/** Asks for tables. A repeated request replaces the earlier one for the same table. */
export interface WantRequest {
  readonly want: readonly TableName[];
  /** Only rows with this text, in any case of letters. Default: all. */
  readonly filter: string;
  /** A column of `COLUMNS`, or `-` and a column. Null: the order of creation. */
  readonly sort: string | null;
  /** The most rows; for a trace, the least number of events, of which {@link MOST_ROWS} stands for all. Default: 100. */
  readonly limit: number;
  /**
   * Whether the first 100 rows have the line where their task waits. The engine's debugger knows it: the loop stops for half a millisecond a
   * row, and the first time until the debugger has listed the scripts of the program, some ten to hundred milliseconds. With `lag`, the slowest
   * handles have the line of their function. Default: false.
   */
  readonly places: boolean;
  /** Repeats the answer at this interval; 0: one answer, which ends an earlier repetition. At least 100. */
  readonly everyMs: number;
}

/**
 * The levels of watching, in the order of their cost: `measure` installs an instrument that times handles, `record` also one that keeps what the
 * loop has done last.
 */
export const LEVELS = ['look', 'measure', 'record'] as const;

/** A level of watching. */
export type Level = (typeof LEVELS)[number];

/** Asks for a level, while the viewer is connected. The loop has the highest level that a viewer asks for. */
export interface LevelRequest {
  readonly level: Level;
}

/**
 * Controls the loop: `pause` stops it at the next station; `step` lets it go to the next station or handle, `iteration` to the beginning of
 * the next iteration; `run` lets it run; `slow` makes `rate` stops a second. The loop's time stands still while it is stopped. It runs again when
 * the last viewer that has controlled it leaves.
 */
export interface DoRequest {
  readonly do: (typeof ORDERS)[number];
  /** Stops a second, 1 to 1000, for `slow`. Default: 2. */
  readonly rate: number;
  /** How long the loop stays stopped at most, in milliseconds; then it runs. 0: no limit. Default: 60,000. */
  readonly limitMs: number;
}

/** What a viewer can do to a loop. */
const ORDERS = ['pause', 'step', 'iteration', 'run', 'slow'] as const;

/** A condition under which the loop stops. A task is named exactly; without a name, it is any task. */
export type Breakpoint =
  | { readonly on: 'ready'; readonly fd?: number }
  | { readonly on: 'resumes' | 'fails' | 'cancelled'; readonly task?: string }
  | { readonly on: 'timer' | 'throws' }
  | { readonly on: 'slow'; readonly ms: number }
  | { readonly on: 'queue'; readonly longerThan: number }
  | { readonly on: 'iteration'; readonly number: number };

/** Sets the breakpoints of the loop, instead of all earlier ones. */
export interface BreakRequest {
  readonly break: readonly Breakpoint[];
}

/** Cancels a task, by the `id` of its row. */
export interface CancelRequest {
  readonly cancelTask: number;
}

/** A request that changes what the program does. The door must allow it. */
export type ControlRequest = DoRequest | BreakRequest | CancelRequest;

/** A request of a viewer. */
export type ViewerRequest = HelloRequest | WantRequest | LevelRequest | ControlRequest;

// --- Thread to viewer ---------------------------------------------------------------------------------------------------

/** The first line. */
export interface HelloAnswer {
  readonly hello: number;
  readonly pid: number;
  /** The thread of the loop: 0 is the main thread. */
  readonly thread: number;
  /** The name of the loop's door, such as `4711-1`. */
  readonly door: string;
  /** The command line of the program. */
  readonly title: string;
  /** The version of selectloop. */
  readonly version: string;
  /** Whether this viewer may control the loop. */
  readonly control: boolean;
}

/** A task. Times are in milliseconds; null: not known. */
export interface TaskRow {
  readonly id: number;
  readonly name: string;
  /** The function that it runs, such as `main()`. */
  readonly function: string;
  readonly state: 'not started' | 'ready' | 'waiting' | 'cancelling';
  readonly age: number | null;
  readonly steps: number | null;
  readonly busy: number | null;
  /** What it waits for. */
  readonly waits: string;
  /** Where it waits, as `file:line:column`. */
  readonly place: string | null;
}

/** A line of the tree of tasks: below each task are the tasks that it waits for. */
export interface TreeRow extends TaskRow {
  readonly depth: number;
  /** `cycle`: it waits, through others, for itself, and is shown above; `above`: another task waits for it, below which it is shown. */
  readonly mark: '' | 'cycle' | 'above';
}

/** A descriptor of the loop. Null: not known, or the kind of descriptor has no such value. */
export interface SocketRow {
  readonly fd: number;
  /** tcp, udp, unix and so on; for other descriptors what the kernel calls them, such as `pipe`. */
  readonly kind: string;
  readonly local: string | null;
  readonly peer: string | null;
  /** Of TCP, in the kernel's words. */
  readonly state: string | null;
  /** What waits for it. */
  readonly waiters: string;
  /** Bytes received and sent. */
  readonly in: number | null;
  readonly out: number | null;
  /** The round-trip time, in milliseconds. */
  readonly rtt: number | null;
  /** Retransmitted segments. */
  readonly retrans: number | null;
  /** Bytes in the kernel that are not sent yet. */
  readonly unsent: number | null;
  /** Bytes in the transport that the kernel has not accepted yet. */
  readonly buffered: number | null;
  /** Of a transport: false while reading is paused. */
  readonly reading: boolean | null;
  /** The version of TLS. */
  readonly tls: string | null;
}

/** A table: the rows that were asked for. */
export interface Table<Row> {
  /** The loop's time, in milliseconds. */
  readonly atMs: number;
  /** The number of rows without filter and limit. */
  readonly total: number;
  /** The number of rows that match the filter. */
  readonly matching: number;
  readonly rows: readonly Row[];
}

/** The number of buckets of a histogram. Bucket `i` begins at `2 ** (i / 2)` microseconds; the first and the last are open. */
export const HISTOGRAM_BUCKETS = 64;

/** A handle that ran long. */
export interface SlowHandle {
  readonly ms: number;
  readonly kind: string;
  readonly name: string;
  /** The name and function of the task that it resumed; null: none. */
  readonly task: string | null;
  /** When it ended, in the loop's time. */
  readonly atMs: number;
  /** Where the function begins that it ran, as `file:line:column`: that of the task, or the callback. Null: not asked for, or not known. */
  readonly place: string | null;
}

/** How long handles ran, and all handles of an iteration together, since the level `measure` began. */
export interface LagSummary {
  readonly sinceMs: number;
  readonly handles: readonly number[];
  readonly iterations: readonly number[];
  /** The slowest 20 handles, the slowest first. */
  readonly slowest: readonly SlowHandle[];
}

/** The counters of the loop; see `LoopStatistics`. */
export interface LoopSummary {
  readonly atMs: number;
  readonly hosted: boolean;
  readonly debug: boolean;
  readonly statistics: Readonly<Record<string, number | null>>;
}

/** Where the loop can stop; see `Station` of a trace. */
export type PauseStation = 'timeout' | 'select' | 'descriptors' | 'timers' | 'run';

/** Where the loop stands. */
export interface Pause {
  readonly station: PauseStation;
  readonly iteration: number;
  /** The loop's time, which stands still. */
  readonly atMs: number;
  /** The handle that runs next, or has just run. */
  readonly handle: string | null;
  /** `step`, `iteration`, `slow`, or the breakpoint that was hit. */
  readonly reason: string;
}

/** The answer for each table. */
export interface Answers {
  readonly loop: LoopSummary;
  readonly tasks: Table<TaskRow>;
  readonly tree: Table<TreeRow>;
  readonly sockets: Table<SocketRow>;
  /** Null at the level `look`. */
  readonly lag: LagSummary | null;
  /** The state of the loop, as a trace without events; at the level `record`, what the loop has done last. */
  readonly trace: EventTrace;
}

/** A line of the thread. Each has one of these keys. */
export interface ThreadLine extends Partial<Answers> {
  readonly hello?: HelloAnswer;
  readonly error?: string;
  /** The level of watching has changed. */
  readonly level?: Level;
  /** The loop has stopped; null: it runs again. */
  readonly paused?: Pause | null;
  /** The breakpoints of the loop have changed: a viewer has set them, or they were dropped with the end of a pause. */
  readonly breakpoints?: readonly Breakpoint[];
  /** The loop is stuck in a handle: for how long it has not answered, and the frames of the program, the innermost first. */
  readonly stuck?: { readonly ms: number; readonly frames: readonly string[] };
  /** The loop has not answered a request for this long, in milliseconds. */
  readonly silent?: number;
  /** Why the connection ends. */
  readonly bye?: string;
}

// --- Check ---------------------------------------------------------------------------------------------------------------

/** A line that is not a request. The message says why. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Returns the request of a line. @throws ProtocolError */
export function parseRequest(line: string): ViewerRequest {
  const given = parseObject(line);
  if ('hello' in given)
    return { hello: numberOf(given, 'hello', 0, Number.MAX_SAFE_INTEGER, 0), control: given['control'] === true };
  if ('want' in given) return wantOf(given);
  if ('level' in given) return { level: levelOf(given['level']) };
  if ('do' in given) return doOf(given);
  if ('break' in given) return { break: breakpointsOf(given['break']) };
  if ('cancelTask' in given) return { cancelTask: numberOf(given, 'cancelTask', 1, Number.MAX_SAFE_INTEGER, 0) };
  throw new ProtocolError(`unknown request: expected one of ${REQUESTS.join(', ')}, got ${namesOf(given)}`);
}

const REQUESTS = ['hello', 'want', 'level', 'do', 'break', 'cancelTask'];

/** The most breakpoints: each is tested in every handle. */
const MOST_BREAKPOINTS = 100;

function doOf(given: Record<string, unknown>): DoRequest {
  const order = ORDERS.find((each) => each === given['do']);
  if (order === undefined) throw new ProtocolError(`do: expected one of ${ORDERS.join(', ')}`);
  return { do: order, rate: numberOf(given, 'rate', 1, 1000, 2), limitMs: numberOf(given, 'limitMs', 0, 1e9, 60_000) };
}

function breakpointsOf(given: unknown): Breakpoint[] {
  if (!Array.isArray(given) || given.length > MOST_BREAKPOINTS)
    throw new ProtocolError(`break: expected an array of at most ${MOST_BREAKPOINTS} breakpoints`);
  return given.map(breakpointOf);
}

function breakpointOf(given: unknown): Breakpoint {
  const { on, task, fd } = (given ?? {}) as Record<string, unknown>;
  const number = (name: string): number => numberOf(given as object, name, 0, 1e9, NaN);
  switch (on) {
    case 'ready':
      return fd === undefined ? { on } : { on, fd: number('fd') };
    case 'resumes':
    case 'fails':
    case 'cancelled':
      if (task !== undefined && typeof task !== 'string') throw new ProtocolError('break: task: expected a string');
      return task === undefined ? { on } : { on, task };
    case 'timer':
    case 'throws':
      return { on };
    case 'slow':
      return { on, ms: number('ms') };
    case 'queue':
      return { on, longerThan: number('longerThan') };
    case 'iteration':
      return { on, number: number('number') };
    default:
      throw new ProtocolError(
        'break: on: expected one of ready, resumes, fails, cancelled, timer, throws, slow, queue, iteration',
      );
  }
}

function parseObject(line: string): Record<string, unknown> {
  let given: unknown;
  try {
    given = JSON.parse(line);
  } catch {
    throw new ProtocolError('expected a line of JSON');
  }
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Record<string, unknown>;
  throw new ProtocolError('expected a JSON object');
}

function namesOf(given: object): string {
  return JSON.stringify(Object.keys(given).slice(0, 5).join(', ').slice(0, 100));
}

function wantOf(given: Record<string, unknown>): WantRequest {
  const { want, filter = '', sort = null, places = false } = given;
  const known = Object.keys(COLUMNS);
  if (!Array.isArray(want) || want.length > known.length || !want.every((each) => known.includes(each as string))) {
    throw new ProtocolError(`want: expected an array of ${known.join(', ')}`);
  }
  if (typeof filter !== 'string' || filter.length > 1000)
    throw new ProtocolError('filter: expected a string of at most 1000 characters');
  if (typeof places !== 'boolean') throw new ProtocolError('places: expected a boolean');
  const everyMs = numberOf(given, 'everyMs', 0, 3_600_000, 0);
  return {
    ...{ want: want as TableName[], filter, places, sort: sortOf(want as TableName[], sort) },
    limit: numberOf(given, 'limit', 1, MOST_ROWS, DEFAULT_ROWS),
    everyMs: everyMs === 0 ? 0 : Math.max(everyMs, SHORTEST_INTERVAL_MS),
  };
}

function levelOf(level: unknown): Level {
  const found = LEVELS.find((each) => each === level);
  if (found !== undefined) return found;
  throw new ProtocolError(`level: expected one of ${LEVELS.join(', ')}`);
}

function sortOf(tables: readonly TableName[], sort: unknown): string | null {
  if (sort === null) return null;
  const columns = tables.flatMap((table) => COLUMNS[table]);
  if (typeof sort === 'string' && columns.includes(sort.replace(/^-/, ''))) return sort;
  throw new ProtocolError(`sort: expected one of ${columns.join(', ')}`);
}

function numberOf(given: object, name: string, least: number, most: number, otherwise: number): number {
  const value = (given as Record<string, unknown>)[name] ?? otherwise;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new ProtocolError(`${name}: expected an integer from ${least} to ${most}`);
}
