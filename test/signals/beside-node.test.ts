/** Signal handlers of a blocking loop beside the program's own listeners, which process.on adds and process.off removes. */

import { setImmediate as turnOfNode } from 'node:timers/promises';

import { EventLoop } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { longWait, selectorNames } from '../support/loops.js';

const raise = (): void => void process.kill(process.pid, 'SIGUSR2');

describe.each(selectorNames)("signals of a blocking loop on %s, beside Node's listeners", (selector) => {
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

  /** Raises the signal in the loop, after `before`, and runs until the loop's handler has been called. */
  const hear = (before: () => void = () => {}): void => {
    loop.callSoon(() => {
      before();
      raise();
    });
    const limit = longWait(loop);
    loop.runForever();
    limit.cancel();
  };

  /** Lets libuv run, and with it the program's listeners. */
  const nodeRuns = async (): Promise<void> => {
    for (let i = 0; i < 5; i += 1) await turnOfNode();
  };

  it("a listener added before is also called, after the loop's run", async () => {
    process.on('SIGUSR2', node);
    loop.addSignalHandler('SIGUSR2', ours);
    hear();
    expect([ours.mock.calls.length, node.mock.calls.length]).toEqual([1, 0]);
    await nodeRuns();
    expect(node).toHaveBeenCalledOnce();
  });

  it('a listener added while the loop runs does not take the signal over', async () => {
    loop.addSignalHandler('SIGUSR2', ours);
    hear(() => process.on('SIGUSR2', node));
    expect(ours).toHaveBeenCalledOnce();
    await nodeRuns();
    expect(node).toHaveBeenCalledOnce();
  });

  it('the signal does not end the process when the last listener is removed', async () => {
    process.on('SIGUSR2', node);
    loop.addSignalHandler('SIGUSR2', ours);
    hear(() => process.off('SIGUSR2', node));
    expect(ours).toHaveBeenCalledOnce();
    await nodeRuns();
    expect(node).not.toHaveBeenCalled();
  });

  it("a listener added over the loop's handler is the only one called once the loop is closed", async () => {
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
