/** Group B14: handlers of a blocking loop beside the program's own, which come and go through process.on and process.off. */

import { setImmediate as turnOfNode } from 'node:timers/promises';

import { EventLoop } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { longWait, selectorNames } from '../support/loops.js';

const raise = (): void => void process.kill(process.pid, 'SIGUSR2');

describe.each(selectorNames)('signals of a blocking loop on %s, beside Node', (selector) => {
  let loop: EventLoop;
  const node = vi.fn();
  const ours = vi.fn(() => loop.stop());

  beforeEach(() => {
    loop = new EventLoop({ selector });
    node.mockClear();
    ours.mockClear();
  });
  afterEach(() => {
    loop.close();
    process.off('SIGUSR2', node);
  });

  /** Raises the signal in the loop, after `before`, and runs until our handler has heard it. */
  const hear = (before: () => void = () => {}): void => {
    loop.callSoon(() => {
      before();
      raise();
    });
    const limit = longWait(loop);
    loop.runForever();
    limit.cancel();
  };

  /** Gives libuv, and so the program's listeners, their turn. */
  const nodeRuns = async (): Promise<void> => {
    for (let i = 0; i < 5; i += 1) await turnOfNode();
  };

  it('B14: a listener that was there before hears of it as well, after the loop', async () => {
    process.on('SIGUSR2', node);
    loop.addSignalHandler('SIGUSR2', ours);
    hear();
    expect([ours.mock.calls.length, node.mock.calls.length]).toEqual([1, 0]);
    await nodeRuns();
    expect(node).toHaveBeenCalledOnce();
  });

  it('B14: a listener that comes while the loop runs does not take the signal away', async () => {
    loop.addSignalHandler('SIGUSR2', ours);
    hear(() => process.on('SIGUSR2', node));
    expect(ours).toHaveBeenCalledOnce();
    await nodeRuns();
    expect(node).toHaveBeenCalledOnce();
  });

  it('B14: when the last listener goes, the signal does not end the process', async () => {
    process.on('SIGUSR2', node);
    loop.addSignalHandler('SIGUSR2', ours);
    hear(() => process.off('SIGUSR2', node));
    expect(ours).toHaveBeenCalledOnce();
    await nodeRuns();
    expect(node).not.toHaveBeenCalled();
  });

  it('B16: a listener that came over ours has the signal alone once the loop is closed', async () => {
    loop.addSignalHandler('SIGUSR2', ours);
    process.on('SIGUSR2', node);
    hear();
    const watching = process.listenerCount('newListener');
    loop.close();
    expect(process.listenerCount('newListener')).toBe(watching - 1);
    await nodeRuns();
    raise();
    await nodeRuns();
    expect([ours.mock.calls.length, node.mock.calls.length]).toEqual([1, 2]);
  });
});
