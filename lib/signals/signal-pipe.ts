/**
 * The pipe through which the addon reports signals to a loop.
 *
 * The addon's handler writes the number of each signal into the pipe, and the loop polls the other end. Node's own listeners do not
 * work under a blocking loop, because libuv does not run then, or in a worker, where Node delivers no signals.
 */

import { OSError, checked } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { native } from '../native/binding.js';
import { EAGAIN } from '../sockets/errno.js';
import { checkCatchable, numberIfSignal } from './signal-names.js';

/**
 * The signal pipe of one loop; open while at least one signal is watched.
 *
 * The addon's handler calls the handler that it replaced, which is libuv's if the program already has a listener. When the program
 * adds its first listener later, libuv replaces our handler with its own, and when the last listener is removed, with the default.
 * Ours is reinstalled at each of these moments. So both see every signal; the program's listeners run as soon as libuv does.
 */
export class SignalPipe {
  private readonly listeners = new Map<number, () => void>();
  private readonly ends = new Int32Array(2).fill(-1);

  constructor(private readonly loop: LoopCore) {}

  /**
   * Calls `onSignal` on the loop for each arrival of the signal, until disposed.
   *
   * @throws OSError EBUSY if another loop of the process watches it through a pipe; InvalidStateError if it cannot be caught
   */
  watch(signal: number, onSignal: () => void): Disposable {
    checkCatchable(signal);
    if (this.listeners.size === 0) this.open();
    const [, writeEnd = -1] = this.ends;
    try {
      checked(native.watchSignal(signal, writeEnd), 'sigaction');
    } catch (error) {
      if (this.listeners.size === 0) this.close();
      throw error;
    }
    this.listeners.set(signal, onSignal);
    return {
      [Symbol.dispose]: () => {
        this.listeners.delete(signal);
        native.unwatchSignal(signal, writeEnd);
        if (this.listeners.size === 0) this.close();
      },
    };
  }

  private open(): void {
    checked(native.pipe(this.ends), 'pipe');
    for (const end of this.ends) native.setNonBlocking(end, true);
    const [readEnd = -1] = this.ends;
    try {
      this.loop._descriptors.addInternal(readEnd, () => this.deliver(readEnd), 'signals');
    } catch (error) {
      for (const end of this.ends) native.close(end);
      throw error;
    }
    process.on('newListener', reinstall);
    process.on('removeListener', reinstall);
  }

  private close(): void {
    const [readEnd = -1] = this.ends;
    process.off('newListener', reinstall);
    process.off('removeListener', reinstall);
    this.loop._descriptors.removeInternal(readEnd);
    for (const end of this.ends) native.close(end);
  }

  private deliver(readEnd: number): void {
    const arrived = new Uint8Array(64);
    const count = native.read(readEnd, arrived, 0, arrived.length);
    if (count < 0 && count !== EAGAIN) {
      this.loop._descriptors.removeInternal(readEnd); // it stays readable, and the loop would spin
      throw new OSError(count, 'read');
    }
    for (const signal of arrived.subarray(0, Math.max(count, 0))) this.listeners.get(signal)?.();
  }
}

/**
 * Reinstalls the addon's handler after a listener was added to or removed from `process`: libuv installs its own handler with the first
 * listener of a signal, and the default when the last one is removed. Dispositions belong to the process, so this also preserves the
 * signals of loops in other threads.
 *
 * Node reacts to 'newListener' and 'removeListener' before this function, because its own listeners of these events are older.
 */
export function reinstall(event: string | symbol): void {
  const signal = numberIfSignal(event);
  if (signal !== undefined) native.reinstallSignal(signal);
}
