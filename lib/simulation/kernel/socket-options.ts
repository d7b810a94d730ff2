/** Options of the level SOL_SOCKET that every socket has. socket-option-calls.ts has getsockopt and setsockopt. */

import type { Limits } from './limits.js';

/** The smallest buffers that can be requested. */
const LEAST_SEND_BUFFER = 4608;
const LEAST_RECEIVE_BUFFER = 2304;
const HALF_OF_INT_MAX = 0x3fff_ffff;

export class SocketOptions {
  /** SO_REUSEADDR, SO_KEEPALIVE and others that are only remembered, by number. */
  readonly numbers = new Map<number, number>();
  /** SO_LINGER. The time is kept while the option is off. */
  lingers = false;
  lingerSeconds = 0;
  sendBuffer: number;
  receiveBuffer: number;
  /** True once the program has set the size of its buffer; the kernel then no longer adapts it. */
  sendBufferIsFixed = false;
  receiveBufferIsFixed = false;
  /** SO_RCVLOWAT: a TCP socket is readable if it has so many bytes. */
  lowWater = 1;
  /** SO_RCVTIMEO and SO_SNDTIMEO, in nanoseconds; null: none. */
  receiveTimeoutNs: number | null = null;
  sendTimeoutNs: number | null = null;

  constructor(private readonly limits: Limits) {
    this.sendBuffer = limits.wmemDefault;
    this.receiveBuffer = limits.rmemDefault;
  }

  number(option: number): number {
    return this.numbers.get(option) ?? 0;
  }

  /** Linux doubles the size, because its own bookkeeping uses the same memory. */
  setSendBuffer(bytes: number): void {
    this.sendBuffer = doubled(bytes, this.limits.wmemMax, LEAST_SEND_BUFFER);
    this.sendBufferIsFixed = true;
  }

  setReceiveBuffer(bytes: number): void {
    this.receiveBuffer = doubled(bytes, this.limits.rmemMax, LEAST_RECEIVE_BUFFER);
    this.receiveBufferIsFixed = true;
  }

  /** Takes over the options of a listener, for a connection that it accepts. */
  inherit(from: SocketOptions): void {
    for (const [option, value] of from.numbers) this.numbers.set(option, value);
    this.lingers = from.lingers;
    this.lingerSeconds = from.lingerSeconds;
    this.sendBuffer = from.sendBuffer;
    this.receiveBuffer = from.receiveBuffer;
    this.sendBufferIsFixed = from.sendBufferIsFixed;
    this.receiveBufferIsFixed = from.receiveBufferIsFixed;
    this.lowWater = from.lowWater;
    this.receiveTimeoutNs = from.receiveTimeoutNs;
    this.sendTimeoutNs = from.sendTimeoutNs;
  }
}

/** A negative size counts as a huge one: the kernel compares without signs. */
function doubled(bytes: number, most: number, least: number): number {
  return Math.max(Math.min(bytes >>> 0, most, HALF_OF_INT_MAX) * 2, least);
}
