/** Faults of the original operating system in coroutines that ours must not have: descriptors, the main loop, messages. */

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

describe('waiting for a descriptor', () => {
  it('that another task waits for is an error for the second; the first still gets it', () => {
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
    expect(log).toEqual([expect.stringMatching(/^Error: task 2 waits for descriptor \d+ already$/), 'first is woken']);
  });

  it('works for one task that reads and another that writes', () => {
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

  it('that is closed is an error for the task, and not the end of the system', () => {
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
        ours.close(); // while it is waited for
        yield new WaitTask(child);
        yield* wait(); // and before
      });
    });
    expect(log).toEqual(['Error', 'TypeError']);
  });
});

describe('the main loop', () => {
  it('ends when all tasks have', () => {
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

  it('does not turn while there is nothing to do: one wait in the selector for a sleep of an hour', () => {
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

  it('polls with 0 while tasks are ready, so that they do not keep others from their sockets', () => {
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

  it('a task that waits for itself gets an error; two that wait for each other are a deadlock, named', () => {
    const { log } = execute(function* (log) {
      try {
        yield new WaitTask(1);
      } catch (error) {
        log.push(String(error));
      }
    });
    expect(log).toEqual(['Error: a task that waits for itself would wait for ever']);
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

describe('messages', () => {
  it('arrive in their order, whether they are waited for or not', () => {
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

describe('the socket wrapper', () => {
  it('sends more than fits at once, and receives it, with yield and with yield*', () => {
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
