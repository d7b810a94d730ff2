/** Proves the answers in `examples/tiny/qa.md`. */

import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { Future, type Steps, Task, createTask, gather, getEventLoop, sleep } from '../../examples/tiny/tiny.js';
import { runExample } from './programs.js';
import { shownBy } from './shown.js';
import { runVirtually } from './tiny-time.js';

const QA = 'examples/tiny/qa.md';

/** Wraps a coroutine so that its steps are counted. */
function counted<T>(steps: Steps<T>): { steps: Steps<T>; count: () => number } {
  let count = 0;
  const next = steps.next.bind(steps);
  steps.next = (value) => {
    count += 1;
    return next(value);
  };
  return { steps, count: () => count };
}

it('a suspended coroutine is not stepped until its future is done', () => {
  runVirtually(function* () {
    const future = new Future<string>();
    function* waiter(): Steps<string> {
      return yield* future;
    }
    const { steps, count } = counted(waiter());
    const task = createTask(steps);
    for (let iteration = 0; iteration < 100; iteration += 1) yield;
    expect(count()).toBe(1);
    future.setResult('now');
    expect(yield* task).toBe('now');
    expect(count()).toBe(2);
  });
});

it('yield* of a coroutine is a nested call: it creates no task and takes no iteration', () => {
  runVirtually(function* () {
    const { tasks } = getEventLoop();
    let iterations = 0;
    getEventLoop().callSoon(() => (iterations += 1));

    function* inner(): Steps<number> {
      expect(tasks.size).toBe(1);
      return 1;
    }
    expect(yield* inner()).toBe(1);
    expect(iterations).toBe(0);
    expect(yield* gather([inner, inner].map((_, n) => sleep(0, n)))).toEqual([0, 1]);
    expect(iterations).toBe(1);
  });
});

it('a done-callback of the future schedules the next step of the task', () => {
  runVirtually(function* () {
    const future = new Future<number>();
    const callbacks: Array<() => unknown> = [];
    const add = future.addDoneCallback.bind(future);
    future.addDoneCallback = (callback) => {
      expect(future.awaited).toBe(false); // the task has cleared the flag
      callbacks.push(callback);
      add(callback);
    };
    function* waiter(): Steps<number> {
      return yield* future;
    }
    const task = createTask(waiter());
    yield;
    expect(callbacks).toHaveLength(1);
    future.setResult(5);
    expect(task.done()).toBe(false); // setResult does not step the task itself
    yield;
    expect(task.done()).toBe(true);
  });
});

it('a task is a future that runs a coroutine; a plain future runs nothing', () => {
  runVirtually(function* () {
    const { tasks } = getEventLoop();
    const future = new Future<void>();
    expect([future instanceof Task, tasks.size]).toEqual([false, 1]);
    const task = createTask(sleep(5, 'slept'));
    expect([task instanceof Future, tasks.size]).toEqual([true, 2]);
    expect(yield* task).toBe('slept');
    expect(tasks.size).toBe(1);
    expect(future.done()).toBe(false);
  });
});

it('a loop with only a sleep pending uses no CPU, on select, poll and epoll', async () => {
  const ms = 400;
  const lines = await runExample('tiny/idle', ['--ms', String(ms)]);
  const costs = lines.map((line) => {
    const [, what, iterations, cpuMs] = /^(.+): (\d+) iterations, ([\d.]+) ms of CPU in 400 ms$/.exec(line)!;
    return { what, iterations: Number(iterations), cpuMs: Number(cpuMs) };
  });
  expect(costs.map(({ what }) => what)).toEqual(
    ['asleep on select', 'asleep on poll', 'asleep on epoll', 'spinning on epoll'], // prettier-ignore
  );
  const spinning = costs.pop()!;
  for (const { iterations, cpuMs } of costs) {
    expect(iterations).toBe(4);
    expect(cpuMs).toBeLessThan(ms / 10);
  }
  expect(spinning.iterations).toBeGreaterThan(1000);

  // The page shows the output of such a run.
  const form = (line: string): string => line.replace(/\d[\d.]*/g, '#');
  expect(shownBy(QA)('tiny/idle').map(form)).toEqual(lines.map(form));
});

it('every proof named in examples/tiny/qa.md is a test in this file', () => {
  const page = readFileSync(new URL(`../../${QA}`, import.meta.url), 'utf8')
    .replaceAll('\\', '')
    .replace(/\s+/g, ' ');
  const proofs = [...page.matchAll(/Proof: \[[^\]]*\]\([^)]*\), "([^"]*)"/g)].map(([, name]) => name!);
  expect(proofs).toHaveLength(5);
  const source = readFileSync(new URL(import.meta.url), 'utf8');
  for (const name of proofs) expect(source).toMatch(new RegExp(`it\\(['"]${name.replace('*', '\\*')}['"]`));
});
