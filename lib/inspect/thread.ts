/**
 * The inspector thread: serves the viewers of one loop.
 *
 * It is a thread because a loop that is paused, or stuck in a handle, cannot answer. It handles lines of JSON and nothing else: it takes
 * requests, passes them to the loop through a message port, rings the loop's bell, and writes the answers. The loop does the work.
 *
 * Its imports are few, so that it starts fast: nothing here needs the rest of the library.
 */

import { writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { workerData } from 'node:worker_threads';

import type { TraceEvent } from '../trace/events.js';
import { decode } from '../trace/numbers.js';
import { Asking, type Order } from './asking.js';
import {
  type Breakpoint,
  type ControlRequest,
  LEVELS,
  type Level,
  type Pause,
  ProtocolError,
  type ThreadLine,
} from './protocol.js';
import { type Answer, type ThreadData, ThreadState, type ToLoop, type ToThread, Word } from './shared.js';
import { stuckFrames } from './stuck.js';
import { Viewer } from './viewer.js';

/** More viewers than one program has; further connections are closed. */
const MOST_VIEWERS = 32;

/** After this time without an answer, viewers are informed that the loop is silent. */
const SILENT_MS = 500;

/** How long a viewer may take to receive the last line. */
const GOODBYE_MS = 50;

/** How often the thread looks for answers that are due, while it has viewers. */
const TICK_MS = 20;

const ONLY_LOOK = 'this viewer can only look: expected "control": true in its hello';

/** Returns the line of an answer. */
function textOf({ text, events: parts }: Answer): string {
  if (parts === undefined) return text;
  const events: TraceEvent[] = [];
  for (const numbers of parts) decode(numbers, events);
  return `${text.slice(0, -'}}'.length)},"events":${JSON.stringify(events)}}}`;
}

/** Serves viewers until the loop closes. */
function serve({ listener, bell, port, words, library, hello }: ThreadData): void {
  const viewers = new Set<Viewer>();
  const one = new BigUint64Array([1n]);
  const asking = new Asking<Viewer>((order) => tellLoop(order));
  let clock: NodeJS.Timeout | null = null;
  let ended = false;

  /** Whether the frames of the loop have been read since it does not answer. */
  let located = false;
  const locate = async (): Promise<void> => {
    located = true;
    const frames = library === null ? [] : await stuckFrames(library);
    if (frames.length === 0 || !located) return;
    stuckIn = frames;
    inform(...stuckLines());
  };
  /** Where the loop is stuck; null while it is not, or not known. */
  let stuckIn: readonly string[] | null = null;
  const stuckLines = (): ThreadLine[] =>
    stuckIn === null ? [] : [{ stuck: { ms: Math.round(asking.silentMs), frames: stuckIn } }];
  const tick = (): void => {
    const { silentMs } = asking;
    if (silentMs < SILENT_MS) {
      located = false;
      stuckIn = null;
    } else if (!located) void locate();
    for (const viewer of viewers) {
      if (silentMs >= SILENT_MS) viewer.silent(Math.round(silentMs));
      viewer.tick(performance.now());
    }
    asking.next();
  };
  const tellLoop = (message: ToLoop): void => {
    if (ended) return; // the bell may be closed
    port.postMessage(message);
    Atomics.add(words, Word.Orders, 1); // wakes a loop that is paused
    Atomics.notify(words, Word.Orders);
    writeSync(bell, one);
  };
  const inform = (...lines: readonly ThreadLine[]): void => {
    for (const line of lines) for (const viewer of viewers) viewer.inform(line);
  };
  const mayControl = (viewer: Viewer): boolean => words[Word.Control] === 1 || viewer.wantsControl;
  const control = (viewer: Viewer, request: ControlRequest): void => {
    if (!mayControl(viewer)) throw new ProtocolError(ONLY_LOOK);
    if (words[Word.Control] !== 1) tellLoop({ allow: true });
    tellLoop({ control: request });
  };
  let paused: Pause | null = null;
  let breakpoints: readonly Breakpoint[] = [];
  /** The first lines for a viewer: the state that other viewers have received as changes. */
  const greeting = (viewer: Viewer): ThreadLine[] => [
    { hello: { ...hello, control: mayControl(viewer) } },
    ...(paused === null ? [] : [{ paused }]),
    ...(breakpoints.length === 0 ? [] : [{ breakpoints }]),
    ...stuckLines(),
  ];
  let level: Level = 'look';
  const followLevel = (): void => {
    const wanted = [...viewers].map((viewer) => LEVELS.indexOf(viewer.level));
    const highest = LEVELS[Math.max(0, ...wanted)] ?? 'look';
    if (highest !== level) tellLoop({ level: highest });
    level = highest;
    inform({ level });
  };
  /**
   * Whether a loop must not stay stopped, because `viewer` has left: it was the last that has controlled the loop, or the last that could have
   * resumed a loop that its program has stopped.
   */
  const mayRelease = (viewer: Viewer): boolean => {
    const left = [...viewers];
    if (viewer.controls) return !left.some(({ controls }) => controls);
    return paused !== null && viewer.watches && !left.some(({ watches }) => watches);
  };
  const followViewers = (): void => {
    if (viewers.size > 0 && !ended) clock ??= setInterval(tick, TICK_MS);
    else if (clock !== null) {
      clearInterval(clock);
      clock = null;
    }
  };

  const server = createServer((socket) => {
    const ask = (order: Order, repeated: boolean): boolean => asking.add(viewer, order, repeated);
    const viewer: Viewer = new Viewer(
      socket,
      () => greeting(viewer),
      ask,
      followLevel,
      (request) => control(viewer, request),
    );
    viewers.add(viewer);
    followViewers();
    socket.on('close', () => {
      viewers.delete(viewer);
      asking.forget(viewer);
      if (viewer.level !== 'look') followLevel();
      if (mayRelease(viewer)) tellLoop({ control: null });
      followViewers();
    });
  });
  server.maxConnections = MOST_VIEWERS;

  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    followViewers();
    port.close();
    for (const viewer of viewers) viewer.end(reason, GOODBYE_MS);
    server.close(() => {
      Atomics.store(words, Word.State, ThreadState.Ended);
      Atomics.notify(words, Word.State);
    });
  };

  port.on('message', (message: ToThread) => {
    if ('end' in message) {
      end(message.end);
      return;
    }
    if ('line' in message) {
      if (message.line.paused !== undefined) paused = message.line.paused;
      if (message.line.breakpoints !== undefined) breakpoints = message.line.breakpoints;
      asking.isPaused = paused !== null;
      inform(message.line);
      return;
    }
    const asked = asking.answered(message.id, message.tookMs);
    asked?.viewer.answer(asked.order.table, textOf(message));
    asking.next();
  });
  server.on('error', () => end('the door cannot be used'));
  server.listen({ fd: listener });
}

const data = workerData as ThreadData;
const before = Atomics.compareExchange(data.words, Word.State, ThreadState.Starting, ThreadState.Running);
if (before === ThreadState.Starting) serve(data);
else data.port.close();
