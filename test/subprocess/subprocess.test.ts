/** Child processes on every selector, hosted and blocking. */

import { readFileSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';

import { type Steps, createSubprocess, createTask, gather, isCancelled, sleep, waitFor } from 'selectloop';
import { fd, pipe, socketpair } from 'selectloop/sockets';
import { describe, expect, it } from 'vitest';

import { cancelled, errorOf, everyLoop, expectQuiet, turns, waiting } from '../support/every-loop.js';
import { patterned } from '../support/sockets.js';

const { SIGKILL, SIGTERM } = constants.signals;

/** The state letter of a process, 'Z' for a zombie; '' if there is none. */
function stateOf(pid: number): string {
  try {
    return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

const piped = { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' } as const;

describe.each(everyLoop)('createSubprocess ($name)', (loop) => {
  it('runs a program, returns its output and its exit code', () =>
    loop.run(function* () {
      const script = 'echo "to $1"; echo "$2" >&2; exit 3';
      const child = yield* createSubprocess('sh', ['-c', script, 'sh', 'out', 'err'], piped);
      expect(child.pid).toBeGreaterThan(0);
      expect(child.returncode).toBeNull();
      const { stdout, stderr } = yield* child.communicate();
      expect([stdout?.toString(), stderr?.toString(), child.returncode]).toEqual(['to out\n', 'err\n', 3]);
      expect(yield* child.wait()).toBe(3);
      expect(stateOf(child.pid)).toBe('');
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it('lines can be exchanged through its streams', () =>
    loop.run(function* () {
      const child = yield* createSubprocess('cat', [], { stdin: 'pipe', stdout: 'pipe' });
      const { stdin, stdout, stderr } = child;
      expect(stderr).toBeNull();
      for (const line of ['first\n', 'second\n']) {
        stdin!.write(Buffer.from(line));
        yield* stdin!.drain();
        expect((yield* stdout!.readline()).toString()).toBe(line);
      }
      stdin!.writeEof();
      expect((yield* stdout!.read()).length).toBe(0);
      expect(yield* child.wait()).toBe(0);
    }));

  it('megabytes in both directions, more than the pipes hold, do not block', () =>
    loop.run(function* () {
      const input = patterned(3_000_000);
      const child = yield* createSubprocess('sh', ['-c', 'tee /dev/stderr'], piped);
      const { stdout, stderr } = yield* child.communicate(input);
      expect(stdout?.equals(input)).toBe(true);
      expect(stderr?.equals(input)).toBe(true);
    }));

  it('a child that does not read its input is not an error', () =>
    loop.run(function* () {
      const child = yield* createSubprocess('true', [], piped);
      const { stdout } = yield* child.communicate(Buffer.alloc(1_000_000));
      expect([stdout?.length, child.returncode]).toEqual([0, 0]);
    }));

  it('writing to a child that has closed its stdin fails with EPIPE and does not crash', () =>
    loop.run(function* () {
      const child = yield* createSubprocess('sh', ['-c', 'read -r _; exec <&-; exec sleep 60'], { stdin: 'pipe' });
      const { stdin } = child;
      stdin!.write(Buffer.from('one line\n'.padEnd(300_000, 'x')));
      const error = yield* errorOf(createTask(() => stdin!.waitClosed()));
      expect(error).toMatchObject({ code: 'EPIPE', syscall: 'write' });
      child.kill();
      yield* child.wait();
    }));

  it('the stdin of a child that has ended is closed', () =>
    loop.run(function* () {
      const child = yield* createSubprocess('true', [], { stdin: 'pipe' });
      yield* child.wait();
      yield* child.stdin!.waitClosed();
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it('a signal ends the child with a negative returncode; a child that ignores it continues', () =>
    loop.run(function* () {
      const child = yield* createSubprocess('sleep', ['60']);
      child.terminate();
      expect(yield* child.wait()).toBe(-SIGTERM);
      expect(() => child.kill()).toThrow(expect.objectContaining({ code: 'ESRCH', syscall: 'kill' }));

      const line = 'trap "" TERM; echo ready; while :; do read -r _; done';
      const deaf = yield* createSubprocess(line, [], { shell: true, stdin: 'pipe', stdout: 'pipe' });
      yield* deaf.stdout!.readline();
      deaf.terminate();
      const error = yield* errorOf(createTask(() => waitFor(deaf.wait(), 20)));
      expect(error).toMatchObject({ name: 'TimeoutError' });
      expect([deaf.returncode, stateOf(deaf.pid) !== '']).toEqual([null, true]);
      deaf.sendSignal('SIGKILL');
      expect(yield* deaf.wait()).toBe(-SIGKILL);
    }));

  it('a missing program or directory is an OSError with its path, and leaves nothing open', () =>
    loop.run(function* () {
      const before = readdirSync('/proc/self/fd').length;
      for (const name of ['no-such-program', '/no/such/program']) {
        const error = yield* errorOf(createTask(() => createSubprocess(name, [], piped)));
        expect(error).toMatchObject({ code: 'ENOENT', syscall: 'spawn', path: name, message: `spawn ENOENT ${name}` });
      }
      expect(yield* errorOf(createTask(() => createSubprocess('/etc/passwd')))).toMatchObject({ code: 'EACCES' });
      const elsewhere = createTask(() => createSubprocess('true', [], { cwd: '/no/such/directory' }));
      expect(yield* errorOf(elsewhere)).toMatchObject({ code: 'ENOENT', syscall: 'chdir', path: '/no/such/directory' });
      expect(readdirSync('/proc/self/fd')).toHaveLength(before);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it('cancelling wait() leaves the child running, and other tasks can wait for it', () =>
    loop.run(function* () {
      const child = yield* createSubprocess('cat', [], { stdin: 'pipe' });
      const [first, second] = [createTask(() => child.wait()), createTask(() => child.wait())];
      yield* turns(3);
      yield* cancelled(first);
      expect(child.returncode).toBeNull();
      child.stdin!.close();
      expect(yield* second).toBe(0);
    }));

  it('cancelling communicate() leaves the child running', () =>
    loop.run(function* () {
      const child = yield* createSubprocess('sleep', ['60'], piped);
      const task = createTask(() => child.communicate(Buffer.from('x')));
      yield* turns(5);
      task.cancel();
      expect(isCancelled(yield* errorOf(task))).toBe(true);
      expect([child.returncode, stateOf(child.pid) !== '']).toEqual([null, true]);
      child.kill();
      yield* child.communicate();
    }));

  it('fifty concurrent children each have their own output and exit code', () =>
    loop.run(function* () {
      const work = function* (i: number): Steps<[string, number]> {
        const child = yield* createSubprocess(`read -r line; echo "$line $1"; exit ${i}`, [String(i)], {
          shell: true,
          stdin: 'pipe',
          stdout: 'pipe',
        });
        const { stdout } = yield* child.communicate(Buffer.from('child\n'));
        return [stdout!.toString(), child.returncode!];
      };
      const results = yield* gather(Array.from({ length: 50 }, (_, i) => work(i)));
      expect(results).toEqual(Array.from({ length: 50 }, (_, i) => [`child ${i}\n`, i]));
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it('a loop that waits for a child is idle', () =>
    loop.run(function* () {
      const child = yield* createSubprocess('cat', [], { stdin: 'pipe', stdout: 'pipe' });
      const reading = createTask(() => child.stdout!.read());
      yield* turns(3);
      yield* expectQuiet();
      child.stdin!.close();
      expect((yield* reading).length).toBe(0);
      yield* child.wait();
    }));

  it('a child can use descriptors and sockets of the caller, which stay open', () =>
    loop.run(function* () {
      const { read, write } = pipe();
      const [ours, theirs] = socketpair();
      try {
        const child = yield* createSubprocess('cat; echo to stderr >&2', [], {
          shell: true,
          stdin: theirs,
          stdout: write,
          stderr: 'stdout',
        });
        ours.sendAll(Buffer.from('through a socket\n'));
        ours.shutdown('write');
        expect(yield* child.wait()).toBe(0);
        expect(fd.read(read, 100).toString()).toBe('through a socket\nto stderr\n');
        expect(theirs.fileno()).toBeGreaterThan(0);
      } finally {
        ours.close();
        theirs.close();
        fd.close(read);
        fd.close(write);
      }
    }));

  it('a child inherits only the three standard descriptors, and ignored ones are empty', () =>
    loop.run(function* () {
      const quiet = { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' } as const;
      const child = yield* createSubprocess('ls', ['/proc/self/fd'], quiet);
      const { stdout } = yield* child.communicate();
      expect(stdout?.toString()).toBe('0\n1\n2\n3\n'); // 3 is the directory that it lists
      const reader = yield* createSubprocess('wc', ['-c'], quiet);
      expect((yield* reader.communicate()).stdout?.toString().trim()).toBe('0');
    }));

  it('a child gets the given environment, directory and arguments', () =>
    loop.run(function* () {
      const child = yield* createSubprocess('printf "%s|" "$GREETING" "$PWD" "$1" "${HOME-none}"', ["$(id) 'x'"], {
        shell: '/bin/sh',
        cwd: '/',
        env: { GREETING: 'hello', PATH: process.env['PATH'], EMPTY: undefined },
        stdout: 'pipe',
      });
      expect((yield* child.communicate()).stdout?.toString()).toBe("hello|/|$(id) 'x'|none|");
    }));

  it('a child is reaped and its returncode set, even if no task waits for it', () =>
    loop.run(function* () {
      const child = yield* createSubprocess('true');
      for (let i = 0; i < 1000 && child.returncode === null; i += 1) yield* sleep(1);
      expect([child.returncode, stateOf(child.pid)]).toEqual([0, '']);
    }));
});
