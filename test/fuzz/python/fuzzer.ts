/** Random programs that must have the same log here and in CPython. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Fuzzer } from '../campaign.js';
import { folder } from '../folder.js';
import { Peer, PeerLost } from '../peer.js';
import {
  CONDITIONS,
  EVENTS,
  LOCKS,
  QUEUES,
  SEMAPHORES,
  type TaskProgram,
  makeTaskProgram,
  mayDeadlock,
  sizeOf,
  smallerBlocks,
  spaced,
} from './task-program.js';
import { type SocketProgram, makeSocketProgram, smallerSocketPrograms } from './socket-program.js';
import { isDocumented, leavesUnclear } from './differences.js';
import { runSockets } from './sockets.js';
import { type Flavour, type LogLine, asyncFunctions, generators, runTasks } from './tasks.js';

const STALL_MS = 20_000;

/** One process runs the programs of all fuzzers. node-gyp needs python3, so every machine that builds the addon has it. */
const python = new Peer({
  command: 'python3',
  args: () => [fileURLToPath(new URL('interpreter.py', import.meta.url))],
  speaks: 'lines',
  errorsTo: () => join(folder(), 'errors-python'),
  stallMs: STALL_MS,
});

/** Runs a program in Python. An Error if Python is missing, or if the interpreter fails: both are no fault of the library. */
async function inPython(kind: 'tasks' | 'sockets', program: unknown): Promise<unknown> {
  try {
    return await python.ask({ kind, program });
  } catch (error) {
    if (error instanceof PeerLost) throw new Error(`python3: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Ends the process of Python. */
function closePython(): Promise<void> {
  return python.close();
}

class TaskFuzzer implements Fuzzer<TaskProgram> {
  readonly name = 'tasks';
  readonly parts = 'statements';

  make(seed: number): TaskProgram {
    return makeTaskProgram(seed);
  }

  size({ main }: TaskProgram): number {
    return sizeOf(main);
  }

  async run(program: TaskProgram): Promise<string | null> {
    const apart = spaced(program);
    return (
      (await difference(program, false, 'generators', generators)) ??
      (await difference(program, true, 'eager generators', generators)) ??
      (await difference(apart, false, 'async functions', asyncFunctions)) ??
      (await difference(apart, true, 'eager async functions', asyncFunctions))
    );
  }

  *smaller(program: TaskProgram): Generator<TaskProgram> {
    for (const main of smallerBlocks(program.main)) if (!mayDeadlock(main)) yield { ...program, main };
  }

  close(): Promise<void> {
    return closePython();
  }
}

/** Runs a program on both sides, and describes the first difference. */
async function difference(
  program: TaskProgram,
  eager: boolean,
  name: string,
  flavour: Flavour,
): Promise<string | null> {
  const primitives = { locks: LOCKS, semaphores: SEMAPHORES, events: EVENTS, queues: QUEUES, conditions: CONDITIONS };
  const expected = (await inPython('tasks', { ...program, ...primitives, eager })) as readonly LogLine[];
  const ours = byTask(await runTasks(program, flavour, eager));
  const theirs = byTask(expected);
  for (const task of new Set([...theirs.keys(), ...ours.keys()])) {
    const [mine = [], wanted = []] = [ours.get(task), theirs.get(task)];
    const at = wanted.findIndex((line, i) => line !== mine[i]);
    if (at < 0 && mine.length === wanted.length) continue;
    const index = at < 0 ? wanted.length : at;
    if (flavour === asyncFunctions && severalEndWith(expected, wanted[index] ?? mine[index]!)) return null;
    return [
      `${name}: the log of a task differs from that in CPython`,
      `${task}, line ${index}: expected ${wanted[index] ?? 'no more lines'}, got ${mine[index] ?? 'no more lines'}`,
      'the whole log of CPython:',
      ...expected.map(([each, time, text]) => `  ${each} at ${time / 2 ** 20}: ${text}`),
    ].join('\n');
  }
  return null;
}

/**
 * Returns true if several tasks end at the time of a line. In which order they do so differs between async functions and Python, and it
 * decides which error a `gather` throws.
 */
function severalEndWith(log: readonly LogLine[], line: string): boolean {
  const ends = log.filter(([, time, text]) => text.startsWith('done:') && line.startsWith(timeText(time)));
  return ends.length > 1;
}

const timeText = (time: number): string => `at ${(time / 2 ** 20).toFixed(6)}:`;

/** Groups a log by task. Tasks that run at the same time may do so in any order. */
function byTask(log: readonly LogLine[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [task, time, text] of log) {
    const lines = groups.get(task) ?? [];
    if (lines.length === 0) groups.set(task, lines);
    lines.push(`${timeText(time)} ${text}`);
  }
  return groups;
}

/** Runs a socket program in Python. Returns one line for each call. */
export async function socketsInPython(program: SocketProgram): Promise<string[]> {
  return (await inPython('sockets', program)) as string[];
}

class SocketFuzzer implements Fuzzer<SocketProgram> {
  readonly name = 'sockets';
  readonly parts = 'calls';

  make(seed: number): SocketProgram {
    return makeSocketProgram(seed);
  }

  size({ calls }: SocketProgram): number {
    return calls.length;
  }

  /** A byte may arrive late, because the kernel passes it through the loopback device. So only a difference that occurs three times counts. */
  async run(program: SocketProgram): Promise<string | null> {
    let difference: string | null = null;
    for (let i = 0; i < 3; i += 1) {
      const expected = await socketsInPython(program);
      difference = differenceOf(program, expected, runSockets(program));
      if (difference === null) return null;
    }
    return difference;
  }

  smaller(program: SocketProgram): Iterable<SocketProgram> {
    return smallerSocketPrograms(program);
  }

  close(): Promise<void> {
    return closePython();
  }
}

/** Describes the first call whose outcome differs, up to a documented difference, after which the two sides need not agree. */
function differenceOf(
  { calls, selector }: SocketProgram,
  expected: readonly string[],
  got: readonly string[],
): string | null {
  const at = calls.findIndex((call, i) => expected[i] !== got[i] || leavesUnclear(call));
  if (at < 0 || expected[at] === got[at] || isDocumented(calls[at]![0], expected[at]!, got[at]!)) return null;
  return [
    `${calls[at]![0]}: expected ${expected[at]}, as in CPython, got ${got[at]}`,
    `of ${JSON.stringify(calls[at])} with ${selector}, after:`,
    ...calls.slice(0, at).map((call, i) => `  ${JSON.stringify(call)}: ${got[i]}`),
  ].join('\n');
}

export const pythonFuzzers = [new TaskFuzzer(), new SocketFuzzer()] as const;
