/** Regression tests for the faults of the original operating system in coroutines: descriptors, the main loop, messages. */

import { MemorySelector, VirtualClock } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { type Program, Scheduler } from '../../examples/traps/os.js';
import { Socket } from '../../examples/traps/sockets.js';
import {
  NewTask,
  ReadWait,
  ReceiveMessage,
  SendMessage,
  Sleep,
  WaitTask,
  WriteWait,
} from '../../examples/traps/system-calls.js';
import { execute, spawn, withPair } from './traps-system.js';

describe('waiting for a descriptor in traps/os', () => {
  it('throws in the second task when another already waits; the first is still woken', () => {
    const { log } = execute(function* (log) {
      yield* withPair(function* (ours, theirs) {
        yield new NewTask(
          (function* () {
            yield new ReadWait(ours);
            log.push('first is woken');
          })(),
        );
        yield;
        try {
          yield new ReadWait(ours);
        } catch (error) {
          log.push(String(error));
        }
        theirs.send(Buffer.from('x'));
        yield new Sleep(5);
      });
    });
    expect(log).toEqual([expect.stringMatching(/^Error: task 2 already waits for descriptor \d+$/), 'first is woken']);
  });

  it('works for one task that reads and another that writes on the same socket', () => {
    const { log } = execute(function* (log) {
      yield* withPair(function* (ours, theirs) {
        const writer = yield* spawn(
          (function* () {
            yield new WriteWait(ours);
            log.push('writable');
          })(),
        );
        const reader = yield* spawn(
          (function* () {
            yield new ReadWait(ours);
            log.push('readable');
          })(),
        );
        yield new WaitTask(writer);
        theirs.send(Buffer.from('x'));
        yield new WaitTask(reader);
      });
    });
    expect(log).toEqual(['writable', 'readable']);
  });

  it('throws in the waiting task when the descriptor is closed, and the system continues', () => {
    const { log } = execute(function* (log) {
      yield* withPair(function* (ours) {
        const wait = function* (): Program {
          try {
            yield new ReadWait(ours);
          } catch (error) {
            log.push((error as Error).name);
          }
        };
        const child = yield* spawn(wait());
        yield;
        ours.close(); // while the child waits for it
        yield new WaitTask(child);
        yield* wait(); // waits for a socket that is already closed
      });
    });
    expect(log).toEqual(['Error', 'TypeError']);
  });
});

describe('the main loop of traps/os', () => {
  it('ends when all tasks have ended', () => {
    const { log } = execute(function* (log) {
      yield new NewTask(
        (function* () {
          yield new Sleep(5);
          log.push('the last one');
        })(),
      );
    });
    expect(log).toEqual(['the last one']);
  });

  it('waits only once in the selector for a sleep of an hour', () => {
    const waits: number[] = [];
    const clock = new VirtualClock();
    class CountingSelector extends MemorySelector {
      protected override waitForEvents(timeoutMs: number, ready: Int32Array): number {
        if (timeoutMs > 0) {
          waits.push(timeoutMs);
          clock.advance(timeoutMs);
        }
        return super.waitForEvents(timeoutMs, ready);
      }
    }
    execute(
      function* () {
        yield new Sleep(3_600_000);
      },
      new Scheduler({ quiet: true, clock, selector: new CountingSelector() }),
    );
    expect(waits).toEqual([3_600_000]);
  });

  it('polls the selector while tasks are ready, so that busy tasks do not starve I/O', () => {
    const { log } = execute(function* (log) {
      yield* withPair(function* (ours, theirs) {
        const reader = yield* spawn(
          (function* () {
            yield new ReadWait(ours);
            log.push('woken');
          })(),
        );
        theirs.send(Buffer.from('x'));
        for (let i = 0; i < 10; i += 1) yield;
        log.push('busy until now');
        yield new WaitTask(reader);
      });
    });
    expect(log).toEqual(['woken', 'busy until now']);
  });

  it('throws for a task that waits for itself, and reports which tasks wait for each other', () => {
    const { log } = execute(function* (log) {
      try {
        yield new WaitTask(1);
      } catch (error) {
        log.push(String(error));
      }
    });
    expect(log).toEqual(['Error: a task cannot wait for itself']);
    expect(() =>
      execute(function* () {
        const partner = (function* (): Program {
          yield new WaitTask(1);
        })();
        yield new WaitTask(yield* spawn(partner));
      }),
    ).toThrow('deadlock: tasks 1, 2 wait for each other');
  });
});

describe('messages in traps/os', () => {
  it('arrive in order, whether or not the receiver is already waiting', () => {
    const { log } = execute(function* (log) {
      const receiver = yield* spawn(
        (function* () {
          for (let i = 0; i < 4; i += 1) log.push(yield new ReceiveMessage());
        })(),
      );
      log.push(yield new SendMessage(receiver, 'a'));
      yield new Sleep(1);
      for (const message of ['b', 'c', 'd']) yield new SendMessage(receiver, message);
      yield new WaitTask(receiver);
      log.push(yield new SendMessage(receiver, 'e'));
    });
    expect(log).toEqual(['a', true, 'b', 'c', 'd', false]);
  });
});

describe('the socket wrapper of traps', () => {
  it('sends more than the buffer holds, and receives it with yield and with yield*', () => {
    const { log } = execute(function* (log) {
      yield* withPair(function* (ours, theirs) {
        const size = 2_000_000;
        const sender = new Socket(ours);
        yield new NewTask(sender.send(Buffer.alloc(size, 'x')));
        const receiver = new Socket(theirs);
        let got = 0;
        while (got < size)
          got +=
            got % 2 === 0 ? ((yield receiver.recv(65_536)) as Buffer).length : (yield* receiver.recv(65_536)).length;
        log.push(got);
      });
    });
    expect(log).toEqual([2_000_000]);
  });
});
