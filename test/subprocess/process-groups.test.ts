/** Process groups and sessions of children, and the end of a block that has started one. */

import { readFileSync, readdirSync } from 'node:fs';

import { type Process, type Steps, type SubprocessOptions, createSubprocess, sleep, timeout } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { everyLoop } from '../support/every-loop.js';

/** Group and session of a process. */
function family(pid: number | 'self'): { group: number; session: number } {
  const [, , group, session] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  return { group: group!, session: session! };
}

/** True when the process is gone, or is a zombie that init has not reaped yet. */
function ended(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .startsWith('Z');
  } catch {
    return true;
  }
}

function* untilEnded(pid: number): Steps<void> {
  while (!ended(pid)) yield* sleep(2);
}

/** Starts a shell that starts `sleep` in the background and prints its pid; both hold the pipes. */
function* withGrandchild(rest: string, options: SubprocessOptions = {}): Steps<{ child: Process; grandchild: number }> {
  const child = yield* createSubprocess(`sleep 60 & echo $!; ${rest}`, [], {
    shell: true,
    stdin: 'pipe',
    stdout: 'pipe',
    ...options,
  });
  return { child, grandchild: Number(yield* child.stdout!.readline()) };
}

const openDescriptors = (): string[] => readdirSync('/proc/self/fd');

describe.each(everyLoop)('a child process on $name', ({ run }) => {
  it('is in the group and the session of this process', () =>
    run(function* () {
      const child = yield* createSubprocess('sleep', ['60']);
      expect(family(child.pid)).toEqual(family('self'));
      expect(child.processGroup).toBeNull();
      child.kill();
      yield* child.wait();
    }));

  it('leads a new group with processGroup: "new", in the same session', () =>
    run(function* () {
      const child = yield* createSubprocess('sleep', ['60'], { processGroup: 'new' });
      expect(family(child.pid)).toEqual({ group: child.pid, session: family('self').session });
      expect(child.processGroup).toBe(child.pid);
      child.kill();
      yield* child.wait();
    }));

  it('leads a new session with detached', () =>
    run(function* () {
      const child = yield* createSubprocess('sleep', ['60'], { detached: true });
      expect(family(child.pid)).toEqual({ group: child.pid, session: child.pid });
      expect(child.processGroup).toBe(child.pid);
      child.kill();
      yield* child.wait();
    }));

  it('joins the group of another child, and killGroup ends both', () =>
    run(function* () {
      const first = yield* createSubprocess('sleep', ['60'], { processGroup: 'new' });
      const second = yield* createSubprocess('sleep', ['60'], { processGroup: first.pid });
      expect(family(second.pid).group).toBe(first.pid);
      expect(second.processGroup).toBe(first.pid);
      second.killGroup('SIGTERM');
      expect([yield* first.wait(), yield* second.wait()]).toEqual([-15, -15]);
    }));

  it.each([{ processGroup: 'new' }, { detached: true }] as const)(
    'is killed together with its own children: %j',
    (options) =>
      run(function* () {
        const { child, grandchild } = yield* withGrandchild('wait', options);
        child.killGroup();
        expect(yield* child.wait()).toBe(-9);
        yield* untilEnded(grandchild);
        yield* child[Symbol.asyncDispose]();
      }),
  );

  it('leaves a group that can be killed after the child itself has ended', () =>
    run(function* () {
      const { child, grandchild } = yield* withGrandchild('exit 3', { processGroup: 'new' });
      expect(yield* child.wait()).toBe(3);
      expect(ended(grandchild)).toBe(false);
      child.killGroup('SIGTERM');
      yield* untilEnded(grandchild);
      yield* child[Symbol.asyncDispose]();
    }));

  it('does not delay the end of its block when a grandchild holds its pipes, and leaves no descriptor open', () =>
    run(function* () {
      const before = openDescriptors().length;
      const { child, grandchild } = yield* withGrandchild('wait', { stderr: 'pipe', processGroup: 'new' });
      child.stdin!.write(Buffer.alloc(1_000_000)); // more than the pipe holds, and nothing reads it
      yield* timeout(30_000, () => child[Symbol.asyncDispose]());
      expect(child.returncode).toBe(-9);
      expect(ended(grandchild)).toBe(false);
      expect(openDescriptors()).toHaveLength(before);
      child.killGroup();
      yield* untilEnded(grandchild);
    }));

  it('closes its pipes at the end of the block even if it ended before, and received bytes can still be read', () =>
    run(function* () {
      const before = openDescriptors().length;
      const { child, grandchild } = yield* withGrandchild('echo more; exit 0', { processGroup: 'new' });
      yield* child.wait();
      expect(yield* child.stdout!.readExactly(2)).toEqual(Buffer.from('mo'));
      yield* timeout(30_000, () => child[Symbol.asyncDispose]());
      expect(openDescriptors()).toHaveLength(before);
      expect(yield* child.stdout!.read()).toEqual(Buffer.from('re\n'));
      yield* child[Symbol.asyncDispose](); // a second disposal has no effect
      child.killGroup();
      yield* untilEnded(grandchild);
    }));
});

describe.each(everyLoop.filter(({ selector }) => selector === 'epoll'))('killGroup on $name', ({ run }) => {
  it('is refused for a child in the group of this process, which would also be killed', () =>
    run(function* () {
      const child = yield* createSubprocess('sleep', ['60']);
      expect(() => child.killGroup()).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_STATE',
          message: expect.stringContaining("processGroup: 'new'") as string,
        }),
      );
      child.kill();
      yield* child.wait();
    }));

  it('throws ESRCH when the group has no process left, and rejects bad signals like sendSignal', () =>
    run(function* () {
      const child = yield* createSubprocess('true', [], { processGroup: 'new' });
      yield* child.wait();
      expect(() => child.killGroup()).toThrow(expect.objectContaining({ code: 'ESRCH', syscall: 'kill' }));
      expect(() => child.killGroup('SIGNOTHING' as never)).toThrow(RangeError);
      expect(() => child.killGroup(null as never)).toThrow(TypeError);
    }));

  it('starting a child in a group that does not exist fails with EPERM and leaves no child', () =>
    run(function* () {
      let error: unknown;
      try {
        yield* createSubprocess('true', [], { processGroup: 0x3fffffff });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: 'EPERM', syscall: 'setpgid' });
    }));
});

describe('the options detached and processGroup', () => {
  it.each([
    [{ detached: 1 }, TypeError],
    [{ processGroup: true }, TypeError],
    [{ processGroup: null }, TypeError],
    [{ processGroup: 'old' }, RangeError],
    [{ processGroup: 0 }, RangeError],
    [{ processGroup: 1 }, RangeError],
    [{ processGroup: 2.5 }, RangeError],
    [{ processGroup: 2 ** 31 }, RangeError],
    [{ detached: true, processGroup: 'new' }, RangeError],
  ])('reject %j at the call', (options, kind) => {
    expect(() => createSubprocess('true', [], options as never)).toThrow(kind);
  });
});
