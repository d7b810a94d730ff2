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

/** The number of a signal. TypeError unless it is a string or a number, RangeError if there is no such signal. */
export function signalNumber(signal: unknown): number {
  if (typeof signal !== 'string' && typeof signal !== 'number')
    throw wrongType('signal', "a signal such as 'SIGINT'", signal);
  const number = Object.keys(numbers).find((name) => name === signal || numbers[name] === signal);
  if (number === undefined) throw outOfRange('signal', "a signal such as 'SIGINT'", signal);
  return numbers[number]!;
}

function signalName(number: number): NodeJS.Signals {
  return Object.keys(numbers).find((name) => numbers[name] === number) as NodeJS.Signals;
}

/** The signal handlers of one loop. */
export class SignalHandlers {
  private readonly watched = new Map<number, WatchedSignal>();
  private readonly pipe: SignalPipe;

  constructor(private readonly loop: LoopCore) {
    this.pipe = new SignalPipe(loop);
    loop._onStart = (hosted) => {
      for (const signal of this.watched.values()) signal.attach(hosted);
    };
    loop._closeHooks.push(() => {
      for (const number of [...this.watched.keys()]) this.remove(number);
    });
  }

  /** Calls `callback(...args)` on the loop whenever the signal arrives, instead of the handler it had. */
  add(signal: Signal, callback: Callback, args: readonly unknown[]): void {
    this.loop.checkOpen();
    checkCallback(callback, 'addSignalHandler', true);
    const number = signalNumber(signal);
    const watched = this.watchedSignal(number, this.loop._isHosted());
    watched.handler?.cancel();
    if (watched.handler === null) this.loop._wakeSources += 1;
    const handle = new Handle(callback, args, this.loop._sourceOfCaller());
    watched.handler = handle;
    watched.onHandler = () => this.loop._enqueue(handle);
    if (this.loop._onWork !== null) this.loop._onWork(); // a process with nothing else to do now waits for the signal
  }

  /** Puts the default back. False if there was no handler. */
  remove(signal: Signal): boolean {
    const number = signalNumber(signal);
    const watched = this.watched.get(number);
    if (watched === undefined || watched.handler === null) return false;
    this.loop._wakeSources -= 1;
    watched.handler.cancel();
    watched.handler = null;
    watched.onHandler = null;
    this.dropIfUnused(number, watched);
    return true;
  }

  /**
   * @internal Watches a signal for the library itself: it does not count as something the loop waits for, and a handler of the
   * program goes before it.
   */
  watch(signal: Signal, onSignal: () => void, hosted: boolean): Disposable {
    const number = signalNumber(signal);
    const watched = this.watchedSignal(number, hosted);
    watched.onUnhandled = onSignal;
    return {
      [Symbol.dispose]: () => {
        if (watched.onUnhandled !== onSignal) return;
        watched.onUnhandled = null;
        this.dropIfUnused(number, watched);
      },
    };
  }

  private watchedSignal(number: number, hosted: boolean): WatchedSignal {
    let watched = this.watched.get(number);
    if (watched === undefined) {
      watched = new WatchedSignal(number, this.pipe);
      watched.attach(hosted);
      this.watched.set(number, watched);
    }
    return watched;
  }

  private dropIfUnused(number: number, watched: WatchedSignal): void {
    if (watched.onHandler !== null || watched.onUnhandled !== null) return;
    this.watched.delete(number);
    watched.detach();
  }
}

/** One signal: where it comes from, and who gets it. */
class WatchedSignal {
  /** The handler of the program. */
  handler: Handle | null = null;
  onHandler: (() => void) | null = null;
  /** What the library does when the program has no handler. */
  onUnhandled: (() => void) | null = null;
  private source: Disposable | null = null;
  private hosted = false;

  constructor(
    private readonly signal: number,
    private readonly pipe: SignalPipe,
  ) {}

  /** Has the signal delivered in the way that works in this mode. */
  attach(hosted: boolean): void {
    if (this.source !== null && this.hosted === hosted) return;
    const former = this.source;
    // libuv puts its handler over ours, so it can come before ours goes, and no signal meets the default action. The other
    // way round it would take our handler away together with its own.
    if (!hosted) former?.[Symbol.dispose]();
    this.source = hosted ? listenOnProcess(this.signal, this.arrived) : this.pipe.watch(this.signal, this.arrived);
    if (hosted) former?.[Symbol.dispose]();
    this.hosted = hosted;
  }

  detach(): void {
    this.source?.[Symbol.dispose]();
    this.source = null;
  }

  private readonly arrived = (): void => {
    (this.onHandler ?? this.onUnhandled)?.();
  };
}

function checkCatchable(signal: number): void {
  if (signal === numbers['SIGKILL'] || signal === numbers['SIGSTOP']) {
    throw new InvalidStateError(`${signalName(signal)} cannot be caught`);
  }
}

function listenOnProcess(signal: number, onSignal: () => void): Disposable {
  checkCatchable(signal);
  const name = signalName(signal);
  process.on(name, onSignal);
  return { [Symbol.dispose]: () => process.off(name, onSignal) };
}

/**
 * The pipe through which the addon reports signals to a blocking loop; open while at least one is watched.
 *
 * The addon's handler calls the one that was there before it, which is libuv's if the program listens already. When the program
 * begins to listen later, libuv puts its handler over ours, and when it ceases, the default: so ours is installed again at each
 * of these moments. Both hear of every signal then, the program's listeners once libuv runs.
 */
class SignalPipe {
  private readonly listeners = new Map<number, () => void>();
  private readonly ends = new Int32Array(2).fill(-1);

  constructor(private readonly loop: LoopCore) {}

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

  /** After libuv has reacted to a listener that comes or goes: Node's own listeners of these events are older. */
  private readonly rearm = (name: string | symbol): void => {
    const signal = typeof name === 'string' ? numbers[name] : undefined;
    if (signal !== undefined && this.listeners.has(signal)) native.watchSignal(signal, this.ends[1]!);
  };

  private open(): void {
    checked(native.pipe(this.ends), 'pipe');
    process.on('newListener', this.rearm);
    process.on('removeListener', this.rearm);
    for (const end of this.ends) native.setNonBlocking(end, true);
    const [readEnd = -1] = this.ends;
    this.loop._descriptors.addInternal(readEnd, () => this.deliver(readEnd), 'signals');
  }

  private close(): void {
    const [readEnd = -1, writeEnd = -1] = this.ends;
    process.off('newListener', this.rearm);
    process.off('removeListener', this.rearm);
    this.loop._descriptors.removeInternal(readEnd);
    native.close(readEnd);
    native.close(writeEnd);
  }

  private deliver(readEnd: number): void {
    const arrived = new Uint8Array(64);
    const count = native.read(readEnd, arrived, 0, arrived.length);
    for (const signal of arrived.subarray(0, Math.max(count, 0))) this.listeners.get(signal)?.();
  }
}
