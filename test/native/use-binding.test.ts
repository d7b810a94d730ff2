/** Another kernel below the library: here the machine's own, with a clock that jumps, and with a record of what it has closed. */

import { createTask, currentTask, run, runSync, sleep } from 'selectloop';
import { onDescriptorClose, socketpair } from 'selectloop/sockets';
import { describe, expect, it } from 'vitest';

import { native, useBinding } from '../../lib/native/binding.js';
import type { NativeBinding } from '../../lib/native/contract.js';

/** The machine's kernel, in which an hour of the loop's time takes no time. */
function kernelWithClock(): { binding: NativeBinding; closed: number[] } {
  const { EpollSelector, close } = native;
  const closed: number[] = [];
  let nowMs = 0;
  class JumpingSelector extends EpollSelector {
    override select(timeoutMs: number, ready: Int32Array): number {
      nowMs += Math.max(timeoutMs, 0);
      return super.select(0, ready);
    }
  }
  const binding = Object.assign(Object.create(native) as NativeBinding, {
    EpollSelector: JumpingSelector,
    now: () => nowMs,
    close(fd: number) {
      closed.push(fd);
      return close(fd);
    },
  });
  return { binding, closed };
}

function* nap() {
  yield* sleep(3_600_000);
  return currentTask()?.getName();
}

describe('another kernel below the library', () => {
  it('gives each run its clock and its selector, and its tasks numbers from 1', () => {
    const { binding } = kernelWithClock();
    for (let i = 0; i < 2; i += 1) {
      using _ = useBinding(binding);
      expect(runSync(nap, { selector: 'epoll' })).toBe('Task-1');
    }
    expect(binding.now()).toBe(2 * 3_600_000);
  });

  it('can be used while a loop runs, which does not notice', async () => {
    const { binding, closed } = kernelWithClock();
    const program = function* () {
      yield* sleep(1000);
      for (const socket of socketpair()) socket.close();
    };
    await run(async () => {
      const main = currentTask();
      const announced: number[] = [];
      using _ = onDescriptorClose((fd) => announced.push(fd));
      const numberOf = (): number => Number(createTask(nap).getName().slice('Task-'.length));
      const before = numberOf();
      const kernel = useBinding(binding);
      expect(currentTask()).toBeNull();
      runSync(program, { selector: 'epoll' });
      kernel[Symbol.dispose]();
      expect(closed.length).toBeGreaterThanOrEqual(2);
      expect(announced).toEqual([]);
      expect(numberOf()).toBe(before + 1);
      expect(currentTask()).toBe(main);
    });
  });
});
