/**
 * Replays a trace of format 2: rebuilds the state of the loop after any of its events.
 *
 * The heap is the library's own `TimerHeap`, so a timer lies where it lay in the loop. This file also runs in browsers: it may import only
 * lib/collections and types.
 */

import { RingQueue } from '../collections/ring-queue.js';
import { type HeapEntry, TimerHeap } from '../collections/timer-heap.js';
import {
  Code,
  type DescriptorState,
  type EventTrace,
  LIMITS,
  MOST_WAITS,
  type RanState,
  type SelectState,
  type StateData,
  type Station,
  type TaskState,
  type TimerState,
  type TraceEvent,
} from './events.js';

/** A timer in the heap of a replayed state. */
class ReplayedTimer implements TimerState, HeapEntry {
  readonly _when: number;
  readonly _sequence: number;

  constructor(
    readonly id: number,
    readonly when: number,
    readonly sequence: number,
    public cancelled = false,
  ) {
    this._when = when;
    this._sequence = sequence;
  }

  toJSON(): TimerState {
    return { id: this.id, when: this.when, sequence: this.sequence, cancelled: this.cancelled };
  }
}

/** The state of a loop: {@link StateData} in the structures that `apply` changes. */
export interface State {
  atMs: number;
  iteration: number;
  station: Station;
  outside: boolean;
  /** The ready queue: iterate over it, the next handle first. */
  ready: RingQueue<number>;
  left: number;
  /** The timer heap: iterating over it gives its array. */
  heap: TimerHeap<TimerState & HeapEntry>;
  /** The timers in the heap, by id. */
  timers: Map<number, TimerState>;
  /** By number. */
  descriptors: Map<number, DescriptorState>;
  /** By id, oldest first. */
  tasks: Map<number, TaskState>;
  running: number;
  task: number;
  ran: RanState[];
  skipped: number[];
  fired: number[];
  select: SelectState | null;
}

/** Makes a state of its data, which stays unchanged. */
function stateOf(data: StateData): State {
  const copy = structuredClone<StateData>(data);
  const ready = new RingQueue<number>();
  for (const id of copy.ready) ready.push(id);
  const heap = new TimerHeap<TimerState & HeapEntry>();
  const timers = new Map<number, TimerState>();
  // In the order of the array every parent comes before its children, so that each stays where it is put.
  for (const { id, when, sequence, cancelled } of copy.heap) {
    const timer = new ReplayedTimer(id, when, sequence, cancelled);
    heap.push(timer);
    timers.set(id, timer);
  }
  return {
    ...copy,
    ready,
    heap,
    timers,
    descriptors: new Map(copy.descriptors.map((each) => [each.fd, each])),
    tasks: new Map(copy.tasks.map((each) => [each.id, each])),
    ran: [...copy.ran],
    skipped: [...copy.skipped],
    fired: [...copy.fired],
  };
}

/** @internal Returns a copy of a state as plain data. */
export function dataOf(state: State): StateData {
  const { timers: _, ...rest } = state;
  return structuredClone({
    ...rest,
    ready: [...state.ready],
    heap: Array.from(state.heap, ({ id, when, sequence, cancelled }) => ({ id, when, sequence, cancelled })),
    descriptors: [...state.descriptors.values()],
    tasks: [...state.tasks.values()],
  });
}

/** Changes `state` as the event changed the loop. Depends on nothing else. */
function apply(state: State, event: TraceEvent): void {
  const [code, atMs, a = 0, b = 0, c = 0, d = 0, e = 0] = event;
  state.atMs = atMs;
  switch (code) {
    case Code.iterationStart:
      state.iteration = a;
      state.station = 'timeout';
      state.outside = false;
      state.left = 0;
      state.running = 0; // if a fatal error ended the last iteration
      state.task = 0;
      state.ran = [];
      state.skipped = [];
      state.fired = [];
      state.select = null;
      break;
    case Code.iterationEnd:
      state.station = 'outside';
      break;
    case Code.selectStart:
      state.station = 'select';
      state.select = {
        ...{ timeoutMs: a < 0 ? null : a, limit: LIMITS[b] ?? 'none', startMs: atMs, endMs: null, ready: [] },
      };
      break;
    case Code.descriptorReady:
      state.station = 'descriptors';
      state.select?.ready.push({ fd: a, events: b, id: e });
      if (c !== 0) state.ready.push(c);
      if (d !== 0) state.ready.push(d);
      break;
    case Code.selectEnd:
      state.station = 'descriptors';
      if (state.select !== null) state.select.endMs = atMs;
      break;
    case Code.timerFired:
      state.station = 'timers';
      leaveHeap(state);
      state.ready.push(a);
      state.fired.push(a);
      break;
    case Code.collected:
      state.station = 'timers';
      state.left = a > 0 ? a : state.ready.length;
      break;
    case Code.handleStart:
      state.station = 'run';
      leaveQueue(state, a);
      state.running = a;
      state.task = 0;
      state.ran.push({ id: a, task: 0, startMs: atMs, endMs: null, error: 0 });
      break;
    case Code.handleSkipped:
      state.station = 'run';
      leaveQueue(state, a);
      state.skipped.push(a);
      break;
    case Code.handleFailed:
      last(state, (ran) => (ran.error = b));
      break;
    case Code.handleEnd:
      handleEnded(state);
      break;
    case Code.enqueued:
      state.ready.push(a);
      break;
    case Code.timerScheduled: {
      const timer = new ReplayedTimer(a, b, c);
      state.heap.push(timer);
      state.timers.set(a, timer);
      break;
    }
    case Code.timerCancelled: {
      const timer = state.timers.get(a);
      if (timer !== undefined) timer.cancelled = true;
      break;
    }
    case Code.timerDropped:
      leaveHeap(state);
      break;
    case Code.timersCompacted:
      compact(state);
      break;
    case Code.descriptorChanged:
      if (b === 0) state.descriptors.delete(a);
      else state.descriptors.set(a, { fd: a, id: e, events: b, reader: c, writer: d });
      break;
    case Code.taskCreated:
      state.tasks.set(a, { id: a, waits: [], begun: false, steps: 0, busyMs: 0, cancelling: false });
      break;
    case Code.taskStep:
      stepped(state, a, event.slice(4));
      break;
    case Code.taskWaits:
      waits(state, a, b);
      break;
    case Code.taskCancelRequested: {
      const task = state.tasks.get(a);
      if (task !== undefined) task.cancelling = true;
      break;
    }
    case Code.taskDone:
      state.tasks.delete(a);
      break;
    case Code.outsideStart:
      state.outside = true;
      break;
    case Code.outsideEnd:
      state.outside = false;
      break;
    case Code.detached:
      state.station = 'outside';
      break;
    default: // taskRenamed changes nothing here, and attached and gap only by their keyframes; nor do the events of later versions
  }
}

/** The handle is the first of the queue, unless a test has changed the order. */
function leaveQueue(state: State, id: number): void {
  state.left = Math.max(state.left - 1, 0); // it is not known in an iteration whose beginning was not recorded
  if (state.ready.peek() === id) {
    state.ready.shift();
    return;
  }
  const others = [...state.ready];
  const index = others.indexOf(id);
  if (index < 0) return;
  others.splice(index, 1);
  state.ready.clear();
  for (const other of others) state.ready.push(other);
}

function leaveHeap(state: State): void {
  const timer = state.heap.pop();
  if (timer !== undefined) state.timers.delete(timer.id);
}

function compact(state: State): void {
  state.heap.retain((timer) => {
    if (timer.cancelled) state.timers.delete(timer.id);
    return !timer.cancelled;
  });
}

function last(state: State, change: (ran: RanState) => void): void {
  const ran = state.ran.at(-1);
  if (ran !== undefined) change(ran);
}

function handleEnded(state: State): void {
  last(state, (ran) => {
    ran.endMs = state.atMs;
    const task = state.tasks.get(ran.task);
    if (task !== undefined) task.busyMs += state.atMs - ran.startMs;
  });
  state.running = 0;
  state.task = 0;
}

function stepped(state: State, id: number, over: readonly number[]): void {
  const task = state.tasks.get(id);
  if (task !== undefined) {
    task.begun = true;
    task.steps += 1;
    task.waits = task.waits.filter((wait) => !over.includes(wait));
  }
  if (state.running === 0) return;
  state.task = id;
  last(state, (ran) => (ran.task = id));
}

function waits(state: State, id: number, wait: number): void {
  const task = state.tasks.get(id);
  if (task !== undefined && wait !== 0 && task.waits.length < MOST_WAITS) task.waits.push(wait);
}

/** @internal Returns the state after the first `index` events of a trace. For several states of one trace, a {@link TraceCursor} is faster. */
export function stateAt(trace: EventTrace, index: number): State {
  return new TraceCursor(trace).seek(index);
}

/** A position in a trace, with the state there. */
export class TraceCursor {
  /** The number of events before the position, from 0 to `trace.events.length`. */
  index = 0;
  /** The state at the position. It changes with the position. */
  state: State;

  constructor(readonly trace: Pick<EventTrace, 'keyframes' | 'events'>) {
    const [first] = trace.keyframes;
    if (first === undefined) throw new TypeError('TraceCursor: expected a trace with a keyframe, got one without');
    this.state = stateOf(first.state);
  }

  /** Moves to the position after `index` events, limited to those of the trace. Returns the state there. */
  seek(index: number): State {
    const { events, keyframes } = this.trace;
    const target = Math.min(Math.max(Math.trunc(index), 0), events.length);
    // Not the one at the target itself: it does not know what ran in the iteration before.
    const near = keyframes.findLast((each) => each.at < target) ?? keyframes[0];
    if (near !== undefined && (target < this.index || near.at > this.index)) {
      this.state = stateOf(near.state);
      this.index = near.at;
    }
    while (this.index < target) this.next();
    return this.state;
  }

  /** Applies the next event, and returns it; null at the end. */
  next(): TraceEvent | null {
    const { events, keyframes } = this.trace;
    const event = events[this.index];
    if (event === undefined) return null;
    if (event[0] === Code.attached || event[0] === Code.gap) {
      const keyframe = keyframes.find((each) => each.at === this.index);
      if (keyframe !== undefined) this.state = stateOf(keyframe.state);
    }
    this.index += 1;
    apply(this.state, event);
    return event;
  }
}
