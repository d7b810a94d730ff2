import { setTimeout as nodeTimeout } from 'node:timers/promises';

import type { Task } from 'selectloop';
import {
  allTasks,
  CancelledError,
  Future,
  coroutine,
  createTask,
  TimeoutError,
  currentTask,
  moveOnAfter,
  run,
  sleep,
  taskGroup,
  timeout,
  type Steps,
} from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

function* awaitFutureSteps<T>(future: Future<T>): Steps<T> {
  return yield* future;
}
const awaitFuture = coroutine(awaitFutureSteps) as <T>(future: Future<T>) => ReturnType<typeof sleep<T>>;

describe('cancelling an async function', () => {
  it('cancels every wait of a Promise.all, and the function gets one error', async () => {
    await run(async () => {
      const log: unknown[] = [];
      const future = new Future();
      const child = createTask(async () => {
        await sleep(1e6);
      });
      const task = createTask(async () => {
        try {
          await Promise.all([sleep(1e6), future, child, awaitFuture(new Future())]);
        } catch (error) {
          log.push((error as Error).message);
        }
        await sleep(0); // not cancelled again
        return 'went on';
      });
      await sleep(1);
      task.cancel('all');
      expect(await task).toBe('went on');
      expect([log, future.cancelled(), child.cancelled()]).toEqual([['all'], true, true]);
    });
  });

  it('cancels a task that it awaits twice only once', async () => {
    await run(async () => {
      const child = createTask(async () => {
        try {
          await sleep(1e6);
        } catch {
          return currentTask()?.cancelling();
        }
        return -1;
      });
      const parent = createTask(async () => await Promise.all([child, child.then((n) => n)]));
      await sleep(1);
      parent.cancel();
      expect(await parent).toEqual([1, 1]);
    });
  });

  it('that waits for a foreign promise interrupts its next wait of this library', async () => {
    await run(async () => {
      const log: string[] = [];
      let release = (): void => {};
      const foreign = new Promise<void>((resolve) => (release = resolve));
      const task = createTask(async () => {
        await foreign;
        log.push('after foreign');
        await sleep(0);
        log.push('unreachable');
      });
      await sleep(1);
      expect(task.cancel('kept')).toBe(true);
      await sleep(1);
      expect(log).toEqual([]);
      release();
      await expect(task).rejects.toMatchObject({ name: 'CancelledError', message: 'kept' });
      expect(log).toEqual(['after foreign']);
    });
  });

  it('that only waits for foreign promises ends it cancelled', async () => {
    await run(async () => {
      const task = createTask(async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return 1;
      });
      await sleep(1);
      task.cancel();
      await expect(task).rejects.toBeInstanceOf(CancelledError);
      expect(task.cancelled()).toBe(true);
    });
  });

  it('aborts task.signal with the reason, whether the signal is read before or after', async () => {
    await run(async () => {
      const task = createTask(async () => {
        const signal = (currentTask() as Task).signal;
        await new Promise<void>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      });
      await sleep(1);
      expect(task.signal.aborted).toBe(false);
      expect(task.signal).toBe(task.signal);
      task.cancel('by signal');
      expect(task.signal.aborted).toBe(true);
      await expect(task).rejects.toMatchObject({ name: 'CancelledError', message: 'by signal' });
      expect(task.cancelled()).toBe(true);

      const late = createTask(async () => {
        await sleep(1e6);
      });
      await sleep(1);
      late.cancel('late');
      expect(late.signal.reason).toMatchObject({ message: 'late' });
      await expect(late).rejects.toBeInstanceOf(CancelledError);
    });
  });

  it('takes the AbortError of an API that was given its signal for the cancellation', async () => {
    const wait = (): Promise<void> => nodeTimeout(1e6, undefined, { signal: currentTask()!.signal });
    await run(async () => {
      await expect(timeout(5, wait)).rejects.toBeInstanceOf(TimeoutError);
      expect(await moveOnAfter(5, wait)).toMatchObject({ cancelled: true });
      await taskGroup(async (group) => {
        group.createTask(wait);
        await sleep(5);
        group.cancel();
      });
      const task = createTask(wait);
      await sleep(5);
      task.cancel();
      await expect(task).rejects.toBeInstanceOf(CancelledError);
      expect(task.cancelled()).toBe(true);
    });
  });

  it('does not take the AbortError of another signal for its cancellation', async () => {
    await run(async () => {
      const other = createTask(async () => await sleep(1e6));
      const task = createTask(() => nodeTimeout(1e6, undefined, { signal: other.signal }));
      await sleep(5);
      other.cancel();
      await expect(task).rejects.toMatchObject({ name: 'AbortError' });
      expect(task.cancelled()).toBe(false);
      await expect(other).rejects.toBeInstanceOf(CancelledError);
    });
  });

  it('leaves a fresh signal after the last uncancel()', async () => {
    await run(async () => {
      const task = createTask(async () => {
        const me = currentTask() as Task;
        try {
          await sleep(1e6);
        } catch {
          me.uncancel();
        }
        return me.signal.aborted;
      });
      await sleep(1);
      const before = task.signal;
      task.cancel();
      expect(before.aborted).toBe(true);
      expect(await task).toBe(false);
    });
  });

  it('passes the error through every finally of nested functions, from the inside out', async () => {
    await run(async () => {
      const log: string[] = [];
      const level = async (depth: number): Promise<void> => {
        try {
          if (depth === 0) await sleep(1e6);
          else await level(depth - 1);
        } finally {
          log.push(`level ${depth}`);
        }
      };
      const task = createTask(() => level(3));
      await sleep(1);
      task.cancel('deep');
      await expect(task).rejects.toThrow('deep');
      expect(log).toEqual(['level 0', 'level 1', 'level 2', 'level 3']);
    });
  });

  it('lets an awaited coroutine finish its clean-up, waits included, before the function resumes', async () => {
    await run(async () => {
      const log: string[] = [];
      const op = coroutine(function* (): Steps<void> {
        try {
          yield* sleep(1e6);
        } finally {
          yield* sleep(5);
          log.push('cleaned');
        }
      });
      const task = createTask(async () => {
        try {
          await op();
        } finally {
          log.push('function');
        }
      });
      await sleep(1);
      task.cancel();
      await expect(task).rejects.toBeInstanceOf(CancelledError);
      expect(log).toEqual(['cleaned', 'function']);
    });
  });

  it("from the last step of an awaited coroutine returns the coroutine's result and throws at the next wait", async () => {
    await run(async () => {
      const log: unknown[] = [];
      for (const [name, before] of [
        ['first step', 0],
        ['later step', 1],
      ] as const) {
        const op = coroutine(function* (): Steps<string> {
          if (before > 0) yield* sleep(0);
          currentTask()?.cancel('from inside');
          return 'result';
        });
        const task = createTask(async () => {
          log.push(name, await op());
          await sleep(1e6);
          log.push('unreachable');
        });
        await expect(task, name).rejects.toThrow('from inside');
      }
      expect(log).toEqual(['first step', 'result', 'later step', 'result']);
    });
  });

  it('by an awaited coroutine itself is thrown once, at the next wait of that coroutine', async () => {
    await run(async () => {
      const log: string[] = [];
      const op = coroutine(function* (): Steps<void> {
        yield* sleep(0);
        currentTask()?.cancel('self');
        try {
          yield* sleep(1e6);
        } catch (error) {
          log.push((error as Error).message);
        }
        yield* sleep(0);
      });
      const task = createTask(async () => {
        await op();
        await sleep(0);
        return 'went on';
      });
      expect(await task).toBe('went on');
      expect(log).toEqual(['self']);
    });
  });

  it('has no effect when the awaited coroutine swallows it', async () => {
    await run(async () => {
      const op = coroutine(function* (): Steps<string> {
        try {
          yield* sleep(1e6);
        } catch {
          /* refused */
        }
        return 'refused';
      });
      const task = createTask(async () => await op());
      await sleep(1);
      task.cancel();
      expect(await task).toBe('refused');
    });
  });

  it('that ends before its coroutine leaves the coroutine as a separate task, which the end of the run cancels', async () => {
    const log: unknown[] = [];
    await run(
      async () => {
        const op = coroutine(function* (): Steps<void> {
          try {
            yield* sleep(10);
            log.push(currentTask() === orphan);
            yield* sleep(1e6);
          } finally {
            log.push('finally');
          }
        });
        const owner = createTask(async () => {
          void op().then(undefined, (error: unknown) => log.push((error as Error).name));
          await sleep(1);
        });
        await owner;
        const [orphan] = [...allTasks()].filter((task) => task !== currentTask());
        expect(String(orphan)).toMatch(/^<Task pending name='Task-\d+' coro=op|^<Task pending name='Task-\d+' coro=/);
        expect(orphan?.getName()).not.toBe(owner.getName());
        await sleep(20);
      },
      { loopFactory: () => virtualLoop() },
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual([true, 'finally', 'CancelledError']);
  });
});
