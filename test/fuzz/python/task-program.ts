/** Random programs of tasks. tasks.ts runs them here, and interpreter.py in Python. */

import { smallerLists } from '../campaign.js';
import { Random } from '../random.js';

/** A task, by its name. A name is given once: later spawns of it do nothing. */
export type TaskName = string;

export type Block = readonly Step[];

/** One statement. Durations are milliseconds; the numbers after the names of primitives are their indexes. */
export type Step =
  | readonly ['sleep', number]
  | readonly ['log', string]
  | readonly ['raise', string]
  | readonly ['spawn', TaskName, Block]
  | readonly ['cancel', TaskName]
  | readonly ['uncancel']
  | readonly ['await', TaskName]
  | readonly ['shield', TaskName]
  | readonly ['gather', readonly TaskName[], boolean]
  | readonly ['wait', readonly TaskName[], ReturnWhen, number | null]
  | readonly ['waitFor', TaskName, number]
  | readonly ['timeout', number, Block]
  | readonly ['group', ReadonlyArray<readonly [TaskName, Block]>, Block]
  | readonly ['try', Block, 'C' | 'E' | 'CE', Block]
  | readonly ['finally', Block, Block]
  | readonly ['lock', number, Block]
  | readonly ['semaphore', number, Block]
  | readonly ['setEvent' | 'clearEvent' | 'waitEvent', number]
  | readonly ['put', number, number]
  | readonly ['get' | 'taskDone' | 'join', number]
  | readonly ['waitCondition' | 'notifyAll', number]
  | readonly ['notify', number, number];

export type ReturnWhen = 'ALL_COMPLETED' | 'FIRST_COMPLETED' | 'FIRST_EXCEPTION';

export interface TaskProgram {
  /** Whether the log says how many futures a `wait` has found done. */
  readonly counts: boolean;
  readonly main: Block;
}

/** How many of each primitive a program has. */
export const LOCKS = 2;
/** The values of the semaphores. */
export const SEMAPHORES: readonly number[] = [1, 2];
export const EVENTS = 3;
/** The kinds and sizes of the queues. */
export const QUEUES: ReadonlyArray<readonly ['fifo' | 'lifo' | 'priority', number]> = [
  ['fifo', 1],
  ['fifo', 2],
  ['lifo', 2],
  ['priority', 3],
];
export const CONDITIONS = 2;

const TASKS = 6;
const FRACTIONS = 2 ** 20;

type Choices = ReadonlyArray<readonly [weight: number, kind: Step[0]]>;

const LEAVES: Choices = [
  [6, 'sleep'],
  [2, 'log'],
  [2, 'cancel'],
  [1, 'uncancel'],
  [1, 'await'],
  [1, 'shield'],
  [1, 'gather'],
  [1, 'wait'],
  [1, 'waitFor'],
  [1, 'raise'],
  [1, 'setEvent'],
  [1, 'waitEvent'],
  [0.5, 'clearEvent'],
  [1.5, 'put'],
  [1.5, 'get'],
  [0.5, 'taskDone'],
  [0.3, 'join'],
  [1, 'waitCondition'],
  [1, 'notify'],
  [0.3, 'notifyAll'],
];

const NESTED: Choices = [
  [3, 'spawn'],
  [2, 'timeout'],
  [1, 'group'],
  [2, 'try'],
  [1, 'finally'],
  [1.5, 'lock'],
  [1.5, 'semaphore'],
];

/** The statements without which nothing happens. */
const ALWAYS: ReadonlySet<Step[0]> = new Set(['sleep', 'cancel', 'spawn']);

/** The statements that wait for other tasks. */
const WAITING: ReadonlySet<Step[0]> = new Set(['await', 'shield', 'gather', 'wait', 'waitFor', 'group']);

/** Returns the program of a seed. */
export function makeTaskProgram(seed: number): TaskProgram {
  const maker = new Maker(new Random(seed));
  const spawns = Array.from({ length: 4 }, (_, i) => maker.spawn(i, 3));
  return { counts: true, main: [...spawns, ...maker.block(3), ['sleep', maker.duration(50)], ...maker.block(2)] };
}

class Maker {
  /** A task waits only for tasks with smaller numbers: a circle of waits would never end. */
  private below = TASKS;
  private readonly leaves: Choices;
  private readonly nested: Choices;

  /** The number of primitives of each kind that are used. */
  private readonly width: number;

  /** Most programs have only some kinds of statements, and one of them often: many faults need several tasks at one primitive. */
  constructor(private readonly random: Random) {
    const some = random.chance(0.8) ? random.pick([0.2, 0.4, 0.6]) : 1;
    const focus = random.pick([...LEAVES, ...NESTED])[1];
    const keep = ([, kind]: Choices[number]): boolean => ALWAYS.has(kind) || kind === focus || random.chance(some);
    const weigh = ([weight, kind]: Choices[number]): Choices[number] => [kind === focus ? 8 * weight : weight, kind];
    this.leaves = LEAVES.filter(keep).map(weigh);
    this.nested = NESTED.filter(keep).map(weigh);
    this.width = random.pick([1, 1, 2, 4]);
  }

  block(depth: number): Block {
    return Array.from({ length: this.random.between(1, depth > 1 ? 4 : 3) }, () => this.step(depth));
  }

  spawn(task: number, depth: number): Step {
    return ['spawn', nameOf(task), this.body(task, depth)];
  }

  /**
   * A random fraction makes each duration unique, because timers with equal times run in any order in Python. It is a binary one, so
   * that sums of durations are exact.
   */
  duration(most: number): number {
    return this.random.between(1, most) + this.random.between(1, FRACTIONS - 1) / FRACTIONS;
  }

  private body(task: number, depth: number): Block {
    const before = this.below;
    this.below = task;
    const block = this.block(depth);
    this.below = before;
    return block;
  }

  /** Returns the index of a primitive. */
  private index(count: number): number {
    return this.random.between(0, Math.min(count, this.width) - 1);
  }

  private any(): number {
    return this.random.between(0, TASKS - 1);
  }

  private waitedFor(): number {
    return this.random.between(0, this.below - 1);
  }

  private several(): TaskName[] {
    return [...new Set([this.waitedFor(), this.waitedFor(), this.waitedFor()])].map(nameOf);
  }

  private step(depth: number): Step {
    const { random } = this;
    const kind = random.weighted(depth > 0 && random.chance(0.45) ? this.nested : this.leaves);
    if (this.below === 0 && WAITING.has(kind)) return ['sleep', this.duration(50)];
    switch (kind) {
      case 'sleep':
        return [kind, random.chance(0.15) ? 0 : this.duration(200)];
      case 'log':
        return [kind, `x${random.between(0, 99)}`];
      case 'raise':
        return [kind, `${random.between(0, 9)}`];
      case 'cancel':
        return [kind, nameOf(this.any())];
      case 'uncancel':
        return [kind];
      case 'await':
      case 'shield':
        return [kind, nameOf(this.waitedFor())];
      case 'gather':
        return [kind, this.several(), random.chance(0.4)];
      case 'wait': {
        const when = random.pick(['ALL_COMPLETED', 'FIRST_COMPLETED', 'FIRST_EXCEPTION'] as const);
        return [kind, this.several(), when, random.chance(0.5) ? null : this.duration(100)];
      }
      case 'waitFor':
        return [kind, nameOf(this.waitedFor()), this.duration(150)];
      case 'setEvent':
      case 'clearEvent':
      case 'waitEvent':
        return [kind, this.index(EVENTS)];
      case 'put':
        return [kind, this.index(QUEUES.length), random.between(0, 9)];
      case 'get':
      case 'taskDone':
      case 'join':
        return [kind, this.index(QUEUES.length)];
      case 'waitCondition':
      case 'notifyAll':
        return [kind, this.index(CONDITIONS)];
      case 'notify':
        return [kind, this.index(CONDITIONS), random.between(1, 2)];
      case 'spawn':
        return this.spawn(this.any(), depth - 1);
      case 'timeout':
        return [kind, this.duration(150), this.block(depth - 1)];
      case 'group': {
        const children = Array.from({ length: random.between(1, 3) }, () => {
          const task = this.waitedFor();
          return [nameOf(task), this.body(task, depth - 1)] as const;
        });
        return [kind, children, this.block(depth - 1)];
      }
      case 'try':
        return [kind, this.block(depth - 1), random.pick(['C', 'E', 'CE', 'E'] as const), this.block(depth - 2)];
      case 'finally':
        return [kind, this.block(depth - 1), this.block(depth - 2)];
      case 'lock':
        return [kind, this.index(LOCKS), this.block(depth - 1)];
      case 'semaphore':
        return [kind, this.index(SEMAPHORES.length), this.block(depth - 1)];
    }
  }
}

const nameOf = (task: number): TaskName => `t${task}`;

/** Returns the number of statements, nested ones included. */
export function sizeOf(block: Block): number {
  return block.reduce((sum, step) => sum + 1 + blocksOf(step).reduce((inner, each) => inner + sizeOf(each), 0), 0);
}

/** Returns true if tasks may wait for each other in a circle, which no cancellation ends. Reducing a program can make such a circle. */
export function mayDeadlock(main: Block): boolean {
  const waits = new Map<TaskName, Set<TaskName>>();
  collectWaits(main, 'main', waits);
  const open = new Set<TaskName>();
  const visit = (task: TaskName): boolean => {
    if (open.has(task)) return true;
    open.add(task);
    const found = [...(waits.get(task) ?? [])].some(visit);
    open.delete(task);
    return found;
  };
  return [...waits.keys()].some(visit);
}

function collectWaits(block: Block, me: TaskName, waits: Map<TaskName, Set<TaskName>>): void {
  const mine = waits.get(me) ?? new Set();
  waits.set(me, mine);
  for (const step of block) {
    if (step[0] === 'spawn') collectWaits(step[2], step[1], waits);
    else if (step[0] === 'group') {
      for (const [name, body] of step[1]) {
        mine.add(name);
        collectWaits(body, name, waits);
      }
      collectWaits(step[2], me, waits);
    } else {
      if (WAITING.has(step[0])) for (const name of [step[1]].flat()) if (name !== me) mine.add(name as TaskName);
      for (const inner of blocksOf(step)) collectWaits(inner, me, waits);
    }
  }
}

function blocksOf(step: Step): Block[] {
  if (step[0] === 'group') return [...step[1].map(([, block]) => block), step[2]];
  return step.slice(1).filter((each) => Array.isArray(each) && Array.isArray(each[0])) as unknown as Block[];
}

/**
 * Puts a sleep before every statement. An async function needs some microtasks for each `await`, so with others in the same iteration
 * its place is another one than in Python; with the sleeps, no two statements run in the same iteration. Tasks may still end in the
 * same one, so the log does not count them.
 */
export function spaced({ main }: TaskProgram): TaskProgram {
  let count = 0;
  const inBlock = (block: Block): Block =>
    block.flatMap((step): Step[] => {
      count += 1;
      return [['sleep', 1 + (count % 9) + ((count * 7919) % FRACTIONS) / FRACTIONS], inStep(step)];
    });
  const inStep = (step: Step): Step => {
    if (step[0] === 'group') {
      return [step[0], step[1].map(([name, block]) => [name, inBlock(block)] as const), inBlock(step[2])];
    }
    const blocks = new Set<unknown>(blocksOf(step));
    return step.map((part) => (blocks.has(part) ? inBlock(part as unknown as Block) : part)) as unknown as Step;
  };
  return { counts: false, main: inBlock(main) };
}

/** Yields smaller blocks: without some statements, with a statement replaced by its own block, or with smaller parts inside. */
export function* smallerBlocks(block: Block): Generator<Block> {
  yield* smallerLists(block, smallerSteps);
  for (const [i, step] of block.entries()) {
    for (const inner of blocksOf(step)) yield [...block.slice(0, i), ...inner, ...block.slice(i + 1)];
  }
}

function* smallerSteps(step: Step): Generator<Step> {
  if (step[0] === 'group') {
    const [kind, children, body] = step;
    for (const fewer of smallerLists(children, smallerChildren)) yield [kind, fewer, body];
    for (const smaller of smallerBlocks(body)) yield [kind, children, smaller];
    return;
  }
  for (const [i, part] of step.entries()) {
    if (typeof part === 'number' && !Number.isInteger(part))
      yield (step as readonly unknown[]).with(i, Math.round(part)) as unknown as Step;
    if (!Array.isArray(part) || !Array.isArray(part[0])) continue;
    for (const smaller of smallerBlocks(part as Block))
      yield (step as readonly unknown[]).with(i, smaller) as unknown as Step;
  }
}

function* smallerChildren([name, block]: readonly [TaskName, Block]): Generator<readonly [TaskName, Block]> {
  for (const smaller of smallerBlocks(block)) yield [name, smaller];
}
