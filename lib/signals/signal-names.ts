/** Signals by name and by number. */

import { InvalidStateError, outOfRange, wrongType } from '../errors/index.js';
import { constants } from '../platform/system.js';

/** A signal by name or by number. */
export type Signal = NodeJS.Signals | number;

const numbers = constants.signals as Readonly<Record<string, number>>;

/** Returns the number of a signal. Throws TypeError unless it is a string or a number, RangeError if there is no such signal. */
export function signalNumber(signal: unknown): number {
  if (typeof signal !== 'string' && typeof signal !== 'number')
    throw wrongType('signal', "a signal such as 'SIGINT'", signal);
  const number = Object.keys(numbers).find((name) => name === signal || numbers[name] === signal);
  if (number === undefined) throw outOfRange('signal', "a signal such as 'SIGINT'", signal);
  return numbers[number]!;
}

/** Returns the number of a signal if `event` is the name of one, otherwise undefined. */
export function numberIfSignal(event: string | symbol): number | undefined {
  return typeof event === 'string' ? numbers[event] : undefined;
}

/** Returns the name of an existing signal. */
export function signalName(number: number): NodeJS.Signals {
  return Object.keys(numbers).find((name) => numbers[name] === number) as NodeJS.Signals;
}

/** Throws InvalidStateError for SIGKILL and SIGSTOP. */
export function checkCatchable(signal: number): void {
  if (signal === numbers['SIGKILL'] || signal === numbers['SIGSTOP']) {
    throw new InvalidStateError(`${signalName(signal)} cannot be caught`);
  }
}
