/**
 * Signals as callbacks of the loop.
 *
 * Hosted, Node's own listeners are used, so ours and the program's live side by side. Under a blocking loop those never run:
 * there the addon writes each signal's number to a pipe that the loop watches.
 */

import { constants } from 'node:os';

import { InvalidStateError, checked, outOfRange, wrongType } from '../errors/index.js';
import { type Callback, checkCallback } from '../loop/callback.js';
import { Handle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import { native } from '../native/binding.js';

/** A signal by name or by number. */
export type Signal = NodeJS.Signals | number;

const numbers = constants.signals as Readonly<Record<string, number>>;
const UNCATCHABLE: ReadonlySet<string> = new Set(['SIGKILL', 'SIGSTOP']);

/** The name of a signal. TypeError unless it is a string or a number, RangeError if there is no such signal. */
function signalName(signal: unknown): NodeJS.Signals {
  if (typeof signal !== 'string' && typeof signal !== 'number')
    throw wrongType('signal', "a signal such as 'SIGINT'", signal);
  const name = Object.keys(numbers).find((key) => key === signal || numbers[key] === signal);
  if (name === undefined) throw outOfRange('signal', "a signal such as 'SIGINT'", signal);
  return name as NodeJS.Signals;
}

/** The signal handlers of one loop. */
export class SignalHandlers {
  private readonly active = new Map<NodeJS.Signals, Disposable>();
  private readonly pipe = new SignalPipe();

  constructor(private readonly loop: LoopCore) {
    loop._closeHooks.push(() => {
      for (const name of [...this.active.keys()]) this.remove(name);
    });
  }

  /** Calls `callback(...args)` on the loop whenever the signal arrives, instead of the handler it had. */
  add(signal: Signal, callback: Callback, args: readonly unknown[]): void {
    this.loop.checkOpen();
    checkCallback(callback, 'addSignalHandler', true);
    const name = signalName(signal);
    this.remove(name);
    const handle = new Handle(callback, args);
    const source = watchSignal(this.loop, this.pipe, name, () => this.loop._enqueue(handle), this.loop._isHosted());
    this.loop._wakeSources += 1;
    this.active.set(name, {
      [Symbol.dispose]: () => {
        this.loop._wakeSources -= 1;
        source[Symbol.dispose]();
        handle.cancel();
      },
    });
  }

  /** Puts the default back. False if there was no handler. */
  remove(signal: Signal): boolean {
    const name = signalName(signal);
    const entry = this.active.get(name);
    if (entry === undefined) return false;
    this.active.delete(name);
    entry[Symbol.dispose]();
    return true;
  }

  /** @internal Watches a signal for the library itself: does not count as something the loop waits for. */
  watch(name: NodeJS.Signals, onSignal: () => void, hosted: boolean): Disposable {
    return watchSignal(this.loop, this.pipe, name, onSignal, hosted);
  }
}

function watchSignal(
  loop: LoopCore,
  pipe: SignalPipe,
  name: NodeJS.Signals,
  onSignal: () => void,
  hosted: boolean,
): Disposable {
  if (UNCATCHABLE.has(name)) throw new InvalidStateError(`${name} cannot be caught`);
  if (!hosted) return pipe.watch(loop, numbers[name] ?? 0, onSignal);
  process.on(name, onSignal);
  return { [Symbol.dispose]: () => process.off(name, onSignal) };
}

/** The pipe through which the addon reports signals to a blocking loop; open while at least one is watched. */
class SignalPipe {
  private readonly listeners = new Map<number, () => void>();
  private readonly ends = new Int32Array(2).fill(-1);

  watch(loop: LoopCore, signal: number, onSignal: () => void): Disposable {
    if (this.listeners.size === 0) this.open(loop);
    const [readEnd = -1, writeEnd = -1] = this.ends;
    try {
      checked(native.watchSignal(signal, writeEnd), 'sigaction');
    } catch (error) {
      if (this.listeners.size === 0) this.close(loop, readEnd, writeEnd);
      throw error;
    }
    this.listeners.set(signal, onSignal);
    return {
      [Symbol.dispose]: () => {
        if (!this.listeners.delete(signal)) return;
        native.unwatchSignal(signal, writeEnd);
        if (this.listeners.size === 0) this.close(loop, readEnd, writeEnd);
      },
    };
  }

  private open(loop: LoopCore): void {
    checked(native.pipe(this.ends), 'pipe');
    for (const end of this.ends) native.setNonBlocking(end, true);
    const [readEnd = -1] = this.ends;
    loop._descriptors.addInternal(readEnd, () => this.deliver(readEnd));
  }

  private close(loop: LoopCore, readEnd: number, writeEnd: number): void {
    loop._descriptors.removeInternal(readEnd);
    native.close(readEnd);
    native.close(writeEnd);
  }

  private deliver(readEnd: number): void {
    const arrived = new Uint8Array(64);
    const count = native.read(readEnd, arrived, 0, arrived.length);
    for (const signal of arrived.subarray(0, Math.max(count, 0))) this.listeners.get(signal)?.();
  }
}
