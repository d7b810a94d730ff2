/** The call graph: which task awaits which, and where tasks are suspended. */

import {
  type EventLoop,
  Future,
  type FutureCallGraph,
  type Steps,
  Task,
  callGraph,
  coroutine,
  createTask,
  currentTask,
  formatCallGraph,
  gather,
  run,
  runSync,
  shield,
  sleep,
  taskGroup,
  wait,
} from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { inBothFlavours, turns } from './both-flavours.js';

/** The graph as names: `task <- waiter(...)`. */
function names({ future, awaitedBy }: FutureCallGraph): unknown {
  const name = future instanceof Task ? future.getName() : 'future';
  return awaitedBy.length === 0 ? name : { [name]: awaitedBy.map(names) };
}

/** In virtual time, so that a sleeping task stays asleep; slow callbacks are not reported, as the first use of the debugger is one. */
function quietLoop(debug: boolean): EventLoop {
  return Object.assign(virtualLoop({ debug }), { slowCallbackMs: Infinity });
}

const bare = (frames: readonly string[]): string[] => frames.map((frame) => frame.replace(/ \(.*/, ''));

describe('callGraph', () => {
  inBothFlavours<void, [Future]>(
    'contains the tasks that await a task, and those that await them',
    {
      *generator(_, future) {
        yield* future as Future<void>;
      },
      async async(_, future) {
        await future;
      },
    },
    function* (start) {
      const gate = new Future<void>();
      const inner = start(gate);
      inner.setName('inner');
      const outer = start(inner);
      outer.setName('outer');
      const second = start(inner);
      second.setName('second');
      yield* turns();
      expect(names(callGraph(inner))).toEqual({ inner: ['outer', 'second'] });
      expect(names(callGraph(gate))).toEqual({ future: [{ inner: ['outer', 'second'] }] });
      expect(names(callGraph(outer))).toBe('outer');
      gate.setResult();
      yield* gather([outer, second]);
      expect(names(callGraph(inner))).toBe('inner');
    },
  );

  it('follows gather, shield, wait and task groups', async () => {
    await run(
      async () => {
        const gate = new Future<void>();
        const waits = async (): Promise<void> => {
          await gate;
        };
        const leaf = createTask(waits, { name: 'leaf' });
        const tasks = [
          createTask(async () => await gather([leaf]), { name: 'gathers' }),
          createTask(async () => await shield(leaf), { name: 'shields' }),
          createTask(async () => await wait([leaf]), { name: 'waits' }),
          createTask(
            async () => {
              await taskGroup(async (group) => {
                const body = async (): Promise<void> => {
                  await leaf;
                };
                group.createTask(body, { name: 'member' });
              });
            },
            { name: 'group' },
          ),
        ];
        await sleep(1);
        expect(names(callGraph(leaf))).toEqual({
          leaf: [{ future: ['gathers'] }, { future: ['shields'] }, { future: ['waits'] }, { member: ['group'] }],
        });
        gate.setResult();
        await gather(tasks);
      },
      { loopFactory: () => virtualLoop() },
    );
  });

  it('shows a coroutine that an async function awaits as a part of its task', async () => {
    await run(
      async () => {
        const future = new Future<void>();
        const step = coroutine(function* step() {
          yield* future;
        });
        const task = createTask(async function main() {
          await step();
        });
        await sleep(1);
        const [node] = callGraph(future).awaitedBy;
        expect(node?.future === task).toBe(true);
        expect(bare(node?.callStack ?? [])).toEqual(['step', 'main']);
        future.setResult();
        await task;
        expect(callGraph(future)).toMatchObject({ callStack: [], awaitedBy: [] });
      },
      { loopFactory: () => virtualLoop() },
    );
  });

  it('defaults to the running task, and throws when there is none', () => {
    expect(() => callGraph()).toThrow('callGraph: no task is running here');
    expect(() => callGraph(5 as never)).toThrow(TypeError);
    runSync(function* () {
      expect(callGraph().future === currentTask()).toBe(true);
    });
  });

  it('terminates when tasks wait for each other in a circle', () => {
    runSync(function* () {
      const tasks: Array<Task<void>> = [];
      const body = (n: number) =>
        function* (): Steps<void> {
          yield* tasks[1 - n]!;
        };
      tasks.push(createTask(body(0), { name: 'a' }), createTask(body(1), { name: 'b' }));
      yield* turns();
      const graph = callGraph(tasks[0]);
      expect(graph.awaitedBy[0]?.awaitedBy[0] === graph).toBe(true);
      expect(formatCallGraph(tasks[0])).toMatch(/Task 'a'[^]*Task 'b'[^]*Task 'a' .*\(see above\)$/);
      tasks[0]!.cancel();
      yield* wait(tasks);
    });
  });
});

describe('formatCallGraph', () => {
  it('draws the tree with stacks, the awaited object and, in debug mode, where each object was created', () => {
    const loop = quietLoop(true);
    loop.runUntilComplete(function* () {
      const child = createTask(
        function* child(): Steps<void> {
          yield* sleep(1);
        },
        { name: 'child' },
      );
      const parent = createTask(
        function* parent() {
          yield* gather([child]);
        },
        { name: 'parent' },
      );
      yield* turns();
      const text = formatCallGraph(child).replace(/ \(?[^ ]*:\d+:\d+\)?/g, ' PLACE');
      expect(text.split('\n')).toEqual([
        "* Task 'child' child()",
        '  + Call stack:',
        '  |   sleep PLACE',
        '  |   child PLACE',
        '  + Waits for: sleep',
        expect.stringMatching(/^ {2}\+ Created at: /),
        '  + Awaited by:',
        '    * gather of 1',
        expect.stringMatching(/^ {6}\+ Created at: /),
        '      + Awaited by:',
        "        * Task 'parent' parent()",
        '          + Call stack:',
        '          |   parent PLACE',
        expect.stringMatching(/^ {10}\+ Created at: /),
      ]);
      yield* parent;
    });
    loop.close();
  });
});

describe('a large graph', () => {
  /** Waiters may be in a long chain, or many for one future. */
  function* waiters(count: number, inChain: boolean): Steps<{ gate: Future<void>; tasks: Array<Task<void>> }> {
    const gate = new Future<void>();
    const tasks: Array<Task<void>> = [];
    const body = function* (awaited: Future<void>): Steps<void> {
      yield* awaited;
    };
    for (let i = 0; i < count; i += 1) tasks.push(createTask(body((inChain ? tasks.at(-1) : null) ?? gate)));
    yield* turns();
    return { gate, tasks };
  }

  it('is walked to the end of a chain of 12,000 tasks, and drawn 100 levels deep', () => {
    runSync(function* () {
      const { gate, tasks } = yield* waiters(12_000, true);
      let depth = 0;
      for (let node = callGraph(gate).awaitedBy[0]; node !== undefined; node = node.awaitedBy[0]) depth += 1;
      expect(depth).toBe(12_000);
      const lines = formatCallGraph(gate).split('\n');
      expect(lines.at(-1)).toMatch(/^ +\* \.\.\. \(not shown: more than 100 levels\)$/);
      expect(lines.filter((line) => line.includes("* Task '"))).toHaveLength(100);
      gate.setResult();
      yield* tasks.at(-1)!;
    });
  });

  it('is drawn with 2,000 tasks that wait for one future', () => {
    runSync(function* () {
      const { gate, tasks } = yield* waiters(2_000, false);
      expect(formatCallGraph(gate).match(/\* Task '/g)).toHaveLength(2_000);
      gate.setResult();
      yield* gather(tasks);
    });
  });
});

describe('Task.getStack', () => {
  const inner = coroutine(function* inner(): Steps<void> {
    yield* sleep(1);
  });

  it.each([
    [true, ['sleep', 'inner', 'outer']],
    [false, ['outer']],
  ])('lists the frames of a waiting task, with debug mode %s', (debug, expected) => {
    const loop = quietLoop(debug);
    loop.runUntilComplete(function* () {
      const task = createTask(function* outer() {
        yield* inner();
      });
      yield* turns();
      expect(bare(task.getStack())).toEqual(expected);
      expect(task.getStack().at(-1)).toMatch(/^outer \(.*call-graph\.test\.ts:\d+:\d+\)$/);
      yield* task;
      expect(task.getStack()).toEqual([]);
    });
    loop.close();
  });

  it('in debug mode drops the frames of coroutines that have returned or thrown, and keeps eager tasks apart', () => {
    const loop = quietLoop(true);
    const failing = coroutine(function* failing(): Steps<void> {
      yield* sleep(0);
      throw new Error('expected');
    });
    loop.runUntilComplete(function* () {
      let eager: Task<void> | null = null;
      const task = createTask(function* outer() {
        eager = createTask(inner(), { eagerStart: true });
        try {
          yield* failing();
        } catch {
          yield* inner();
        }
      });
      while (eager === null || bare(task.getStack())[1] !== 'inner') yield;
      expect(bare(task.getStack())).toEqual(['sleep', 'inner', 'outer']);
      expect(bare((eager as Task<void>).getStack())).toEqual(['sleep', 'inner']);
      yield* task;
    });
    loop.close();
  });

  it("returns the stack of the running task's code", () => {
    runSync(function* main() {
      const deep = (): string[] => currentTask()?.getStack() ?? [];
      expect(bare(deep()).slice(0, 2)).toEqual(['deep', 'main']);
      expect(bare(deep())).toHaveLength(2);
    });
  });

  it('of the running task ends where that task begins, even if another task has started it eagerly', () => {
    runSync(function* main() {
      const stacks: Record<string, string[]> = {};
      const note = (name: string): void => {
        stacks[name] = bare(currentTask()?.getStack() ?? []);
      };
      yield* createTask(function* outer() {
        createTask(
          function* inner() {
            note('inner');
          },
          { eagerStart: true },
        );
        note('outer');
      });
      expect(stacks).toEqual({ inner: ['note', 'inner'], outer: ['note', 'outer'] });
    });
  });

  it('returns only the name of an async function', async () => {
    await run(async () => {
      const task = createTask(async function waits() {
        await sleep(1);
      });
      await sleep(0);
      expect(task.getStack()).toEqual(['waits']);
      await task;
    });
  });
});
