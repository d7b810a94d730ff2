/** Closing a loop, and using a closed one. */

import {
  EpollSelector,
  EventLoop,
  KeyboardInterrupt,
  type OSError,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_TYPE,
  Socket,
  fd as descriptors,
  socketpair,
} from 'selectloop';
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { RecordingSelector, type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

let virtual: VirtualLoop;
beforeEach(() => {
  virtual = virtualLoop();
});
afterEach(() => virtual[Symbol.dispose]());

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

describe('close()', () => {
  it('is idempotent, and isClosed() returns true afterwards', () => {
    const { loop } = virtual;
    expect(loop.isClosed()).toBe(false);
    loop.close();
    loop.close();
    expect(loop.isClosed()).toBe(true);
    expect(loop.isRunning()).toBe(false);
  });

  it('is refused while the loop runs', () => {
    const { loop } = virtual;
    let error: unknown;
    loop.callSoon(() => {
      try {
        loop.close();
      } catch (thrown) {
        error = thrown;
      }
      loop.stop();
    });
    loop.runForever();
    expect(error).toMatchObject({ name: 'LoopError', code: 'ERR_LOOP_RUNNING' });
    expect(loop.isClosed()).toBe(false);
  });

  it('runs no pending callback, and releases the selector and the wake-up descriptor once', () => {
    const { loop, selector } = virtual;
    const never = vi.fn();
    const task = loop.createTask(function* () {
      never();
    });
    loop.callSoon(never);
    loop.callLater(0, never);
    const wakeup = loop.wakeupFd();
    loop.close();
    loop.close();
    expect(selector.closings).toBe(1);
    expect(() => descriptors.close(wakeup)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(never).not.toHaveBeenCalled();
    expect(task.done()).toBe(false);
    expect(loop.statistics()).toMatchObject({ ready: 0, scheduled: 0, nextDeadlineMs: null });
  });

  it('releases its descriptors once even if an exception handler closes the loop again', () => {
    const { loop, selector } = virtual;
    const wakeup = loop.wakeupFd();
    let reused: Socket | undefined;
    loop.setExceptionHandler(() => {
      loop.close();
      reused = new Socket(); // gets the number of the wake-up descriptor, which must not be closed again
    });
    const future = loop.createFuture();
    future.setException(new Error('never retrieved'));
    loop.close();
    expect(selector.closings).toBe(1);
    expect(reused?.fileno()).toBe(wakeup);
    expect(reused?.getsockopt(SOL_SOCKET, SO_TYPE)).toBe(SOCK_STREAM);
    reused?.close();
  });

  it('releases everything even when it throws', () => {
    const { loop, selector } = virtual;
    loop._closeHooks.push(() => {
      throw new Error('from a hook');
    });
    expect(() => loop.close()).toThrow('from a hook');
    expect([loop.isClosed(), selector.closings]).toEqual([true, 1]);
  });

  it('closes its connections even if its exception handler throws a fatal error', () => {
    const loop = new EventLoop();
    const [ours, peer] = socketpair();
    loop.runUntilComplete(loop.connectAcceptedSocket(() => ({}), ours));
    loop.createTask(function* () {
      yield; // never resumed, which is reported
    });
    loop.setExceptionHandler(() => {
      throw new KeyboardInterrupt();
    });
    expect(() => loop.close()).toThrow(KeyboardInterrupt);
    expect(ours.fileno()).toBe(-1);
    peer.close();
  });

  it('closes a selector that was passed to the loop', () => {
    const selector = new EpollSelector();
    const loop = new EventLoop({ selector });
    expect(selector.fileno()).toBeGreaterThan(-1);
    loop.close();
    expect(selector.fileno()).toBe(-1);
  });

  it('leaves no descriptor open', () => {
    const before = openDescriptors();
    const loops = (['select', 'poll', 'epoll'] as const).map((selector) => new EventLoop({ selector }));
    expect(openDescriptors()).toBeGreaterThan(before);
    for (const loop of loops) loop.close();
    expect(openDescriptors()).toBe(before);
  });
});

describe('a loop whose constructor throws', () => {
  it('leaves no descriptor open', () => {
    class Refusing extends RecordingSelector {
      protected override registerDescriptor(): void {
        throw new Error('refused');
      }
    }
    const before = openDescriptors();
    const selector = new Refusing();
    expect(() => new EventLoop({ selector })).toThrow('refused');
    expect(selector.closings).toBe(1);
    expect(openDescriptors()).toBe(before);
  });
});

describe('a closed loop', () => {
  const uses: Record<string, (loop: EventLoop) => unknown> = {
    callSoon: (loop) => loop.callSoon(() => {}),
    callLater: (loop) => loop.callLater(1, () => {}),
    callAt: (loop) => loop.callAt(1, () => {}),
    runForever: (loop) => loop.runForever(),
    runUntilComplete: (loop) => loop.runUntilComplete(function* () {}),
    runOnce: (loop) => loop.runOnce(),
    createTask: (loop) => loop.createTask(function* () {}),
    addReader: (loop) => loop.addReader(0, () => {}),
    addWriter: (loop) => loop.addWriter(0, () => {}),
    addSignalHandler: (loop) => loop.addSignalHandler('SIGUSR1', () => {}),
    wakeup: (loop) => loop.wakeup(),
    wakeupFd: (loop) => loop.wakeupFd(),
  };

  it.each(Object.entries(uses))('refuses %s', (_, use) => {
    const { loop } = virtual;
    loop.close();
    expect(() => use(loop)).toThrow(
      expect.objectContaining({ name: 'LoopError', code: 'ERR_LOOP_CLOSED', message: 'Event loop is closed' }),
    );
    expect(loop.statistics()).toMatchObject({ tasks: 0, ready: 0, scheduled: 0, readers: 0, writers: 0 });
  });

  it('returns false for removals, and still reports its state', () => {
    const { loop } = virtual;
    loop.close();
    expect(loop.removeReader(0)).toBe(false);
    expect(loop.removeWriter(0)).toBe(false);
    expect(loop.removeSignalHandler('SIGUSR1')).toBe(false);
    expect([loop.time(), loop.isRunning(), loop.getDebug()]).toEqual([0, false, false]);
    loop.stop();
    loop.setDebug(true);
    loop.addInstrument({})[Symbol.dispose]();
  });

  it('refuses to settle a future that has callbacks', () => {
    const { loop } = virtual;
    const future = loop.createFuture<number>();
    future.addDoneCallback(() => {});
    loop.close();
    expect(() => future.setResult(1)).toThrow(expect.objectContaining({ code: 'ERR_LOOP_CLOSED' }));
  });

  it('is not notified of sockets that are closed', () => {
    const { loop, selector } = virtual;
    loop.addReader(7, () => {});
    loop.close();
    const calls = selector.calls.length;
    let error: OSError | undefined;
    try {
      descriptors.close(1_000_000);
    } catch (thrown) {
      error = thrown as OSError;
    }
    expect(error?.code).toBe('EBADF');
    expect(selector.calls).toHaveLength(calls);
  });
});
