/** Who awaits whom, for people: to find out why a program stands still. Nothing is recorded for it while nobody asks. */

import { InvalidStateError, wrongType } from '../errors/index.js';
import { Handle } from '../loop/handle.js';
import { awaiterOf } from './awaiter.js';
import { type Future, isFuture } from './future.js';
import { PromiseWait } from './promise-wait.js';
import { stackOf } from './stack.js';
import { runningTask } from './task-context.js';
import { Task } from './task.js';

/** A future or task, what it is doing, and who waits for it. Two futures may have the same one waiting: it is one object then. */
export interface FutureCallGraph {
  readonly future: Future;
  /** The coroutines a task is in, the innermost first: see `Task.getStack`. Empty for a plain future. */
  readonly callStack: readonly string[];
  readonly awaitedBy: readonly FutureCallGraph[];
}

/**
 * The graph of those who wait for `future`, directly or through others: tasks of both flavours, `gather`, `shield`, `wait`,
 * task groups.
 *
 * @param future default: the running task (InvalidStateError when there is none)
 */
export function callGraph(future: Future | null = currentTaskOrNull()): FutureCallGraph {
  if (future === null)
    throw new InvalidStateError('callGraph: no task is running here, so it has to be told of which one');
  if (!isFuture(future)) throw wrongType('callGraph', 'a future or a task', future);
  return graphOf(future, new Map());
}

/** {@link callGraph} as text: a tree, from the future down to those who wait for it. */
export function formatCallGraph(future?: Future | null): string {
  return linesOf(callGraph(future ?? undefined), new Set()).join('\n');
}

function currentTaskOrNull(): Future | null {
  return runningTask() as Task | null;
}

/** @param known the nodes there are already, since tasks may wait for each other in a circle */
function graphOf(future: Future, known: Map<Future, FutureCallGraph>): FutureCallGraph {
  const found = known.get(future);
  if (found !== undefined) return found;
  const awaitedBy: FutureCallGraph[] = [];
  // A continuation is a part of the task that awaits it: that is what is shown, with the stack of both.
  const owner = future instanceof Task ? (future._owner as Future) : future;
  const graph: FutureCallGraph = { future: owner, callStack: callStackOf(future), awaitedBy };
  known.set(future, graph);
  const awaiters = new Set(owner._listening().map(awaiterAmong));
  for (const awaiter of awaiters) if (awaiter !== null) awaitedBy.push(graphOf(awaiter, known));
  return graph;
}

function callStackOf(future: Future): string[] {
  if (!(future instanceof Task)) return [];
  const own = stackOf(future as Task);
  const owner = (future as Task)._owner;
  return owner === future ? own : [...own, ...stackOf(owner)];
}

/** Who waits by means of this listener of a future. */
function awaiterAmong(listener: unknown): Future | null {
  if (listener instanceof Task) return listener as Future;
  if (listener instanceof PromiseWait) return (listener as { task: unknown }).task as Future | null;
  return awaiterOf(listener instanceof Handle ? listener._callback : listener);
}

function linesOf(graph: FutureCallGraph, shown: Set<FutureCallGraph>): string[] {
  const { future, callStack, awaitedBy } = graph;
  const lines = [`* ${titleOf(future)}`];
  if (shown.has(graph)) return awaitedBy.length === 0 ? lines : [`${lines.join('')} (see above)`];
  shown.add(graph);
  if (callStack.length > 0) lines.push('  + Call stack:', ...callStack.map((frame) => `  |   ${frame}`));
  const waits = future instanceof Task && shown.size === 1 ? (future as Task)._waitsFor() : [];
  if (waits.length > 0)
    lines.push(`  + Waits for: ${waits.map((each) => titleOf(each as unknown as Future)).join(', ')}`);
  if (future._source !== null) lines.push(`  + Created at: ${future._source.split('\n')[0]?.replace(/^at /, '')}`);
  if (awaitedBy.length > 0) lines.push('  + Awaited by:');
  for (const each of awaitedBy) lines.push(...linesOf(each, shown).map((line) => `    ${line}`));
  return lines;
}

function titleOf(future: Future): string {
  if (!(future instanceof Task)) return future._describeWait();
  const owner = (future as Task)._owner;
  return owner === future ? `Task '${owner.getName()}' ${(future as Task)._label}()` : `${(future as Task)._label}()`;
}
