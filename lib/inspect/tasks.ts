/** The table and the tree of a loop's tasks. */

import type { LoopCore } from '../loop/loop-core.js';
import { awaitersOf } from '../tasks/call-graph.js';
import { Continuation } from '../tasks/continuation.js';
import { type Future, Task } from '../tasks/index.js';
import { NotStarted } from '../tasks/not-started.js';
import { placesOfTasks } from '../tasks/stack.js';
import type { Cancellable } from '../tasks/waitable.js';
import { describeCoroutine, describeWait } from '../trace/names.js';
import { levelsOf } from './levels.js';
import type { Table, TaskRow, TreeRow } from './protocol.js';
import { type Selection, matches, tableOf } from './rows.js';

/** The longest name in a row, in characters. */
const LONGEST_NAME = 200;

/** The most waits of an async function that are named. */
const MOST_WAITS = 3;

/** The most rows of which the engine is asked for the place: it takes half a millisecond for each, in which the loop does nothing else. */
const MOST_PLACES = 100;

/** Deeper levels of the tree are not indented further. */
const DEEPEST = 50;

const ids = new WeakMap<Task, number>();
let lastId = 0;

/** Returns the number by which viewers refer to a task. It has one from the first time that it is shown. */
function idOf(task: Task): number {
  let id = ids.get(task);
  if (id === undefined) ids.set(task, (id = lastId += 1));
  return id;
}

/** Returns the tasks of a loop, in the order of their creation. Those of another copy of the library are left out. */
function tasksOf(loop: LoopCore): Task[] {
  return [...loop._tasks].filter((task) => task instanceof Task) as Task[];
}

/** Describes the tasks of a loop. */
export function taskTable(loop: LoopCore, selection: Selection): Table<TaskRow> {
  const tasks = tasksOf(loop);
  const shown = new Map<TaskRow, Task>();
  const describe = (task: Task): TaskRow => {
    const row = rowOf(task);
    shown.set(row, task);
    return row;
  };
  const table = tableOf(loop.time(), tasks, describe, selection);
  return selection.places ? { ...table, rows: withPlaces(table.rows, shown) } : table;
}

function rowOf(task: Task): TaskRow {
  const all = task._waitsFor();
  const waits = all.filter((each) => !each.done());
  const state = stateOf(task, all.length, waits.length);
  return {
    ...{ id: idOf(task), name: cut(task.getName()), function: cut(describeCoroutine(task._label)), state },
    ...measured(task),
    place: null,
    waits: waits.length === 0 ? (state === 'waiting' ? 'a promise' : '') : describeWaits(waits, task._loop),
  };
}

/** What the level `measure` knows of a task. */
function measured(task: Task): Pick<TaskRow, 'age' | 'steps' | 'busy'> {
  const measure = levelsOf(task._loop).measure?.of(task) ?? null;
  if (measure === null) return { age: null, steps: null, busy: null };
  return { age: task._loop.time() - measure.sinceMs, steps: measure.steps, busy: measure.busyMs };
}

/** @param waits how many waits the code has; @param pending how many of them are not done */
function stateOf(task: Task, waits: number, pending: number): TaskRow['state'] {
  if (task.cancelling() > 0) return 'cancelling';
  if (task._driver instanceof NotStarted) return 'not started';
  const waitsForPromise = waits === 0 && task._awaiting !== null;
  return waitsForPromise || pending > 0 ? 'waiting' : 'ready';
}

/** Asks the engine where tasks wait. Those that run an async function, or have not started, have no place. */
function withPlaces<Row extends TaskRow>(rows: readonly Row[], tasks: ReadonlyMap<TaskRow, Task>): Row[] {
  const placed = rows.slice(0, MOST_PLACES);
  const places = placesOfTasks(placed.map((row) => tasks.get(row) as Task));
  return rows.map((row, i) => ({ ...row, place: places[i] ?? null }));
}

function describeWaits(waits: readonly Cancellable[], loop: LoopCore): string {
  const texts = waits.slice(0, MOST_WAITS).map((each) => describeTarget(each, loop));
  if (waits.length > MOST_WAITS) texts.push(`${waits.length - MOST_WAITS} more`);
  return cut(texts.join(', '));
}

/** Of a coroutine that an async function awaits, also what the coroutine itself waits for. */
function describeTarget(target: Cancellable, loop: LoopCore): string {
  if (target instanceof Continuation) {
    const inner = target.waitsFor().map((each) => describeTarget(each, loop));
    return [target._describeWait(), ...inner].join(': ');
  }
  const { _when: when } = target as { _when?: unknown };
  const left = typeof when === 'number' ? `, ${describeLeft(when - loop.time())}` : '';
  return describeWait(target) + left;
}

function describeLeft(ms: number): string {
  if (ms <= 0) return 'due';
  return ms < 1000 ? `${ms.toFixed(0)} ms left` : `${(ms / 1000).toFixed(1)} s left`;
}

function cut(text: string): string {
  return text.length <= LONGEST_NAME ? text : `${text.slice(0, LONGEST_NAME - 1)}…`;
}

/** Cancels the task with this number, if it is not done. It does so in the next iteration: an order may be taken in the middle of one. */
export function cancelTask(loop: LoopCore, id: number): void {
  const task = tasksOf(loop).find((each) => ids.get(each) === id);
  if (task !== undefined) loop.callSoon(() => task.cancel('cancelled by a viewer'));
}

// --- The tree -----------------------------------------------------------------------------------------------------------

/** The tasks that each task waits for, directly or through `gather`, `shield` and so on. */
function awaitedTasks(tasks: readonly Task[]): Map<Task, Task[]> {
  const awaited = new Map<Task, Task[]>(tasks.map((task) => [task, []]));
  for (const task of tasks) for (const awaiter of awaitingTasks(task)) awaited.get(awaiter)?.push(task);
  return awaited;
}

/** Returns the tasks that wait for a task: those next to it on each way up. */
function awaitingTasks(task: Task): Set<Task> {
  const found = new Set<Task>();
  const seen = new Set<unknown>();
  const open: Future[] = [task];
  for (let future = open.pop(); future !== undefined; future = open.pop()) {
    for (const awaiter of awaitersOf(future)) {
      if (seen.has(awaiter)) continue; // futures may wait for each other in a circle
      seen.add(awaiter);
      if (awaiter instanceof Continuation) found.add(awaiter.owner as unknown as Task);
      else if (awaiter instanceof Task) found.add(awaiter as Task);
      else open.push(awaiter);
    }
  }
  return found;
}

/** A line of the tree, before it is described. */
interface Line {
  readonly task: Task;
  readonly depth: number;
  readonly mark: TreeRow['mark'];
}

/**
 * Describes the tasks of a loop as a tree: below each task are those that it waits for. A task for which two others wait is shown below the
 * first. With a filter, the lines that match are shown, and those above them.
 */
export function taskTree(loop: LoopCore, selection: Selection): Table<TreeRow> {
  const tasks = tasksOf(loop);
  const { filter, limit } = selection;
  const lines = linesOf(tasks, awaitedTasks(tasks));
  const shown = new Map<TaskRow, Task>();
  const describe = ({ task, depth, mark }: Line): TreeRow => {
    const row = { ...rowOf(task), depth, mark };
    shown.set(row, task);
    return row;
  };
  let rows = (filter === '' ? lines.slice(0, limit) : lines).map(describe);
  let matching = lines.length;
  if (filter !== '') {
    matching = rows.filter((row) => matches(row, filter)).length;
    rows = withAncestors(rows, filter).slice(0, limit);
  }
  if (selection.places) rows = withPlaces(rows, shown);
  return { atMs: loop.time(), total: lines.length, matching, rows };
}

/** Draws the tree depth first, without recursion: chains of tasks may be long. */
function linesOf(tasks: readonly Task[], awaited: ReadonlyMap<Task, readonly Task[]>): Line[] {
  const lines: Line[] = [];
  const above = new Set<Task>();
  const shown = new Set<Task>();
  const draw = (root: Task): void => {
    const open: Array<{ task: Task; depth: number } | { leave: Task }> = [{ task: root, depth: 0 }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if ('leave' in next) {
        above.delete(next.leave);
        continue;
      }
      const { task } = next;
      const depth = Math.min(next.depth, DEEPEST);
      lines.push({ task, depth, mark: above.has(task) ? 'cycle' : shown.has(task) ? 'above' : '' });
      if (shown.has(task)) continue;
      shown.add(task);
      above.add(task);
      open.push({ leave: task });
      for (const each of (awaited.get(task) ?? []).toReversed()) open.push({ task: each, depth: depth + 1 });
    }
  };
  const hasAwaiter = new Set([...awaited.values()].flat());
  for (const task of tasks) if (!hasAwaiter.has(task)) draw(task);
  for (const task of tasks) if (!shown.has(task)) draw(task); // only members of cycles are left
  return lines;
}

function withAncestors(rows: readonly TreeRow[], filter: string): TreeRow[] {
  const kept: TreeRow[] = [];
  let depth = 0;
  for (const row of rows.toReversed()) {
    const isMatch = matches(row, filter);
    if (!isMatch && row.depth >= depth) continue;
    kept.push(row);
    depth = row.depth;
  }
  return kept.reverse();
}
