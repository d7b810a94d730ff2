/** Options of the level IPPROTO_TCP. */

import { EINVAL, ENOPROTOOPT } from '../errno.js';

export const SOL_TCP = 6;

const TCP_NODELAY = 1;
const TCP_CORK = 3;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const TCP_SYNCNT = 7;
const TCP_DEFER_ACCEPT = 9;
const TCP_QUICKACK = 12;
const TCP_USER_TIMEOUT = 18;

/** Options that are only remembered: their default, and the values that are allowed. */
const REMEMBERED: ReadonlyMap<number, { initial: number; least: number; most: number }> = new Map([
  [TCP_KEEPIDLE, { initial: 7200, least: 1, most: 32_767 }],
  [TCP_KEEPINTVL, { initial: 75, least: 1, most: 32_767 }],
  [TCP_KEEPCNT, { initial: 9, least: 1, most: 127 }],
  [TCP_SYNCNT, { initial: 6, least: 1, most: 127 }],
  [TCP_DEFER_ACCEPT, { initial: 0, least: 0, most: 0x7fff_ffff }],
  [TCP_QUICKACK, { initial: 1, least: 0, most: 1 }],
  [TCP_USER_TIMEOUT, { initial: 0, least: 0, most: 0x7fff_ffff }],
]);

export class TcpOptions {
  noDelay = false;
  corked = false;
  private readonly values = new Map<number, number>();

  /** Gets an option (`value` null), or sets it. Returns the value, 0 or -errno. */
  call(option: number, value: number | null): number {
    if (option === TCP_NODELAY || option === TCP_CORK) return this.flag(option, value);
    const range = REMEMBERED.get(option);
    if (range === undefined) return -ENOPROTOOPT;
    if (value === null) return this.values.get(option) ?? range.initial;
    if (value < range.least || value > range.most) return -EINVAL;
    this.values.set(option, value);
    return 0;
  }

  inherit(from: TcpOptions): void {
    this.noDelay = from.noDelay;
    this.corked = from.corked;
    for (const [option, value] of from.values) this.values.set(option, value);
  }

  private flag(option: number, value: number | null): number {
    const name = option === TCP_NODELAY ? 'noDelay' : 'corked';
    if (value === null) return this[name] ? 1 : 0;
    this[name] = value !== 0;
    return 0;
  }
}
