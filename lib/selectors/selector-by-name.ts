/** Selectors by name, for options, the command line and the environment. */

import { outOfRange, wrongType } from '../errors/index.js';
import { EpollSelector } from './epoll-selector.js';
import { PollSelector } from './poll-selector.js';
import { SelectSelector } from './select-selector.js';
import type { Selector } from './selector.js';

/** The name of a kernel mechanism. */
export type SelectorName = 'select' | 'poll' | 'epoll';

/** A selector class whose constructor takes no arguments. */
export type SelectorClass = new <D = unknown>() => Selector<D>;

const classes: Readonly<Record<SelectorName, SelectorClass>> = {
  select: SelectSelector,
  poll: PollSelector,
  epoll: EpollSelector,
};

/**
 * Returns the selector class with a given name: `new (selectorByName('poll'))()`.
 *
 * @param name 'select', 'poll' or 'epoll'
 * @throws TypeError unless it is a string, RangeError for an unknown name; both list the names
 */
export function selectorByName(name: string): SelectorClass {
  return selectorNamed(name, 'selector');
}

/** Does the same as `selectorByName`. `where` is the option or variable that has the name, for errors. @internal */
export function selectorNamed(name: string, where: string): SelectorClass {
  const expected = `one of ${Object.keys(classes).join(', ')}`;
  if (typeof name !== 'string') throw wrongType(where, expected, name);
  // Own properties only: every object inherits 'constructor' and 'toString'.
  if (!Object.hasOwn(classes, name)) throw outOfRange(where, expected, name);
  return classes[name as SelectorName];
}
