/** The graph of who awaits whom, to find out why a program makes no progress. Nothing is recorded for it in advance. */

import { InvalidStateError, wrongType } from '../errors/index.js';
import { Handle } from '../loop/handle.js';
import { awaiterOf } from './awaiter.js';
import { Continuation } from './continuation.js';
import { type Future, isFuture } from './future.js';
import { PromiseWait } from './promise-wait.js';
import { type SuspendedCode, stacksOf } from './stack.js';
import { runningTask } from './task-context.js';
import { Task } from './task.js';
import type { Cancellable } from './waitable.js';

/** A future or task, what it is doing, and what waits for it. A task that waits for two of the futures shown is one object. */
export interface FutureCallGraph {
  readonly future: Future;
  /** The coroutines the task is in, the innermost first: see `Task.getStack`. Empty for a plain future. */
  readonly callStack: readonly string[];
  readonly awaitedBy: readonly FutureCallGraph[];
}

/**
 * Returns the graph of what waits for `future`, directly or through others: tasks of both flavours, `gather`, `shield`, `wait`, task
 * groups.
 *
 * @param future default: the running task (InvalidStateError if there is none)
 */
export function callGraph(future: Future | null = currentTaskOrNull()): FutureCallGraph {
  if (future === null) throw new InvalidStateError('callGraph: no task is running here, so pass the future or task');
  if (!isFuture(future)) throw wrongType('callGraph', 'a future or a task', future);
  return graphOf(future);
}

/** Returns {@link callGraph} as text: a tree, from the future down to what waits for it. Deep trees are cut off after 100 levels. */
export function formatCallGraph(future?: Future | null): string {
  return linesOf(callGraph(future ?? undefined)).join('\n');
}

function currentTaskOrNull(): Future | null {
  return runningTask() as Task | null;
}

/** A future, or a coroutine that an async function awaits. */
type Node = Future | Continuation<unknown>;

interface Building extends FutureCallGraph {
  readonly callStack: string[];
  readonly awaitedBy: FutureCallGraph[];
}

/** Walks level by level: chains may be long, and tasks may wait for each other in a circle. */
function graphOf(root: Future): FutureCallGraph {
  const known = new Map<Node, Building>();
  const visit = (node: Node): Building => {
    const found = known.get(node);
    if (found !== undefined) return found;
    const graph = { future: futureOf(node), callStack: [], awaitedBy: [] };
    known.set(node, graph);
    return graph;
  };
  visit(root);
  // The loop adds entries to the Map, and then iterates over them.
  for (const graph of known.values()) {
    for (const awaiter of awaitersOf(graph.future)) graph.awaitedBy.push(visit(awaiter));
  }
  addCallStacks(known);
  return visit(root);
}

/** @internal Returns what waits for a future: tasks and coroutines, and the futures of `gather`, `shield` and so on; each once. */
export function awaitersOf(future: Future): Set<Node> {
  const found = new Set(future._listening().map(awaiterAmong));
  found.delete(null);
  return found as Set<Node>;
}

/** A continuation is shown as the task of its function, with the stacks of both. */
function futureOf(node: Node): Future {
  return node instanceof Continuation ? (node.owner as unknown as Future) : node;
}

function addCallStacks(graphs: ReadonlyMap<Node, Building>): void {
  const codes: SuspendedCode[] = [];
  const targets: Building[] = [];
  const add = (code: SuspendedCode, graph: Building): void => {
    codes.push(code);
    targets.push(graph);
  };
  for (const [node, graph] of graphs) {
    if (node instanceof Continuation) add(node, graph);
    if (graph.future instanceof Task) add(graph.future as Task, graph);
  }
  for (const [i, stack] of stacksOf(codes).entries()) targets[i]?.callStack.push(...stack);
}

/** Returns the one that waits by means of this listener of a future; null if the listener is only a callback. */
function awaiterAmong(listener: unknown): Node | null {
  if (listener instanceof Task || listener instanceof Continuation) return listener as Node;
  if (listener instanceof PromiseWait) return (listener as { task: unknown }).task as Future | null;
  return awaiterOf(listener instanceof Handle ? listener._callback : listener);
}

/** Below this depth the tree is cut off: the indentation of a long chain would take quadratic space. */
const DEEPEST = 100;

/** Draws the tree depth first, each future once. */
function linesOf(root: FutureCallGraph): string[] {
  const lines: string[] = [];
  const shown = new Set<FutureCallGraph>();
  const stack = [{ graph: root, depth: 0 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { graph, depth } = top;
    const indent = '    '.repeat(depth);
    const again = shown.has(graph) && graph.awaitedBy.length > 0;
    lines.push(`${indent}* ${titleOf(graph.future)}${again ? ' (see above)' : ''}`);
    if (shown.has(graph)) continue;
    shown.add(graph);
    for (const line of detailsOf(graph, depth === 0)) lines.push(indent + line);
    if (depth < DEEPEST) for (const each of graph.awaitedBy.toReversed()) stack.push({ graph: each, depth: depth + 1 });
    else if (graph.awaitedBy.length > 0) lines.push(`${indent}    * ... (not shown: more than ${DEEPEST} levels)`);
  }
  return lines;
}

function detailsOf({ future, callStack, awaitedBy }: FutureCallGraph, isRoot: boolean): string[] {
  const lines: string[] = [];
  if (callStack.length > 0) lines.push('  + Call stack:', ...callStack.map((frame) => `  |   ${frame}`));
  const waits = isRoot && future instanceof Task ? (future as Task)._waitsFor() : [];
  if (waits.length > 0) lines.push(`  + Waits for: ${waits.map(titleOf).join(', ')}`);
  if (future._source !== null) lines.push(`  + Created at: ${future._source.split('\n')[0]?.replace(/^at /, '')}`);
  if (awaitedBy.length > 0) lines.push('  + Awaited by:');
  return lines;
}

function titleOf(awaited: Cancellable): string {
  return awaited instanceof Task ? `Task '${awaited.getName()}' ${awaited._label}()` : awaited._describeWait();
}
