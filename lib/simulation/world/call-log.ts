/**
 * The log of a run's system calls. Two runs of a seed must make the same ones: what a program takes from elsewhere (a real clock, the order
 * of a hash table, the garbage collector) shows here first.
 */

import type { NativeBinding, NativeSelector } from '../../native/contract.js';
import { constants } from '../binding/constants.js';
import { type Clock, NANOSECONDS_PER_MS } from '../time/clock.js';

/** Of each call: which one, on which host, its first argument, its result, the bytes that it has received, and when. */
const FIELDS = 6;
/** As many of the received bytes are compared. */
const COMPARED_BYTES = 64;
const RECEIVES = /^(recv|read)/;
/** Not system calls, or without any effect. */
const NOT_LOGGED = /^(now|encodeAddress|decodeAddress|adopt|adoptCreated|disown)$/;

type AnyCall = (...args: unknown[]) => unknown;

export class CallLog {
  private readonly names: string[] = [];
  private readonly entries: number[] = [];
  /** The number of the host whose program runs. */
  host = 0;

  constructor(private readonly clock: Clock) {}

  /** The number of calls. */
  get length(): number {
    return this.entries.length / FIELDS;
  }

  /** Returns the same calls, which are also recorded. @param onSelector is called with each new selector */
  of(binding: NativeBinding, onSelector: (selector: NativeSelector) => void): NativeBinding {
    const logged: Record<string, unknown> = { ...binding };
    for (const [name, call] of Object.entries(binding)) {
      if (typeof call !== 'function' || NOT_LOGGED.test(name)) continue;
      if (/^[a-z]/.test(name)) logged[name] = this.call(name, call as AnyCall);
      else if (name.endsWith('Selector'))
        logged[name] = this.selector(name, call as new () => NativeSelector, onSelector);
    }
    return logged as unknown as NativeBinding;
  }

  /** Returns a description of the first call that differs from that of another log; null if there is none. */
  difference(other: CallLog): string | null {
    const { entries } = this;
    const most = Math.max(entries.length, other.entries.length);
    for (let at = 0; at < most; at += 1) {
      if (entries[at] === other.entries[at]) continue;
      const start = at - (at % FIELDS);
      return `call ${start / FIELDS + 1} was ${this.describe(start)} first, and then ${other.describe(start)}`;
    }
    return null;
  }

  private call(name: string, call: AnyCall): AnyCall {
    const index = this.names.push(name) - 1;
    const receives = RECEIVES.test(name);
    return (...args) => {
      const result = call(...args);
      this.record(index, args[0], result, receives && Number(result) > 0 ? hashOfReceived(args, Number(result)) : 0);
      return result;
    };
  }

  private selector(
    name: string,
    base: new () => NativeSelector,
    onSelector: (selector: NativeSelector) => void,
  ): new () => NativeSelector {
    const index = this.names.push(`${name}.select`) - 1;
    const record = (ready: Int32Array, pairs: number): void => {
      this.record(index, pairs > 0 ? ready[0] : 0, pairs, hashOf(ready, 2 * Math.max(pairs, 0)));
    };
    return class extends base {
      constructor() {
        super();
        onSelector(this);
      }

      override select(timeoutMs: number, ready: Int32Array): number {
        const pairs = super.select(timeoutMs, ready);
        record(ready, pairs);
        return pairs;
      }
    };
  }

  private record(index: number, first: unknown, result: unknown, hash: number): void {
    const argument = typeof first === 'number' ? first : 0;
    const outcome = typeof result === 'number' ? result : 0;
    this.entries.push(index, this.host, argument, outcome, hash, this.clock.now);
  }

  private describe(start: number): string {
    const { entries } = this;
    if (start >= entries.length) return 'not made';
    const [index, , first, result, , now] = entries.slice(start, start + FIELDS) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return `${this.names[index]!}(${first}) -> ${nameOfResult(result)} at ${now / NANOSECONDS_PER_MS} ms`;
  }
}

const errorNames = new Map(
  Object.entries(constants)
    .filter(([name]) => /^E(?!AI_)/.test(name))
    .map(([name, errno]) => [-errno, name]),
);

/** Returns a result as strace shows it. */
function nameOfResult(result: number): string {
  return errorNames.get(result) ?? String(result);
}

/** Hashes the bytes that have arrived. The bytes behind them in the array are older, and may differ. */
function hashOfReceived(args: readonly unknown[], result: number): number {
  const [fd, data, offset] = args;
  if (fd instanceof Int32Array) return hashOf(fd, result); // recvEach returns the number of receives, and puts their results there
  if (!(data instanceof Uint8Array)) return 0; // recvMsgInto has an array of them
  return hashOf(data.subarray(offset as number), Math.min(COMPARED_BYTES, result));
}

function hashOf(numbers: Uint8Array | Int32Array, count: number): number {
  let hash = 0;
  for (let i = 0; i < count; i += 1) hash = (Math.imul(hash, 31) + numbers[i]!) | 0;
  return hash;
}
