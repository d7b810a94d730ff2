/** Turns the arguments of a program into values. */

import { type Argument, LiveBuffers, type SideEffect, hostileValue } from './values.js';

/** What the references of arguments stand for. */
export interface Pool {
  /** Returns one of the descriptors of the program, all of which are non-blocking. */
  fd(index: number): number;
  /** Returns one of its objects. */
  object(type: string, index: number): unknown;
}

export class Resolver {
  readonly live = new LiveBuffers();

  constructor(
    private readonly pool: Pool,
    private readonly effect: SideEffect,
  ) {}

  value(argument: Argument): unknown {
    if (argument === null || typeof argument !== 'object') return argument;
    if ('hostile' in argument) return hostileValue(argument.hostile, this.effect, this.live);
    if ('fd' in argument) return this.pool.fd(argument.fd);
    if ('object' in argument) return this.pool.object(argument.object, argument.index);
    if ('bytes' in argument) return this.live.bytes(argument.bytes);
    if ('ints' in argument) return this.live.ints(argument.ints.map((each) => Number(this.value(each))));
    if ('list' in argument) return argument.list.map((each) => this.value(each));
    return Object.fromEntries(Object.entries(argument.record).map(([name, each]) => [name, this.value(each)]));
  }
}
