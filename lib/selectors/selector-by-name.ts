/** The selectors by the names that options, the command line and the environment use. */

import { outOfRange, wrongType } from '../errors/index.js';
import { EpollSelector } from './epoll-selector.js';
import { PollSelector } from './poll-selector.js';
import { SelectSelector } from './select-selector.js';
import type { Selector } from './selector.js';

/** The name of a kernel mechanism. */
export type SelectorName = 'select' | 'poll' | 'epoll';

/** The class of a selector that is made without arguments. */
export type SelectorClass = new <D = unknown>() => Selector<D>;

const classes: Readonly<Record<SelectorName, SelectorClass>> = {
  select: SelectSelector,
  poll: PollSelector,
  epoll: EpollSelector,
};

/**
 * The selector class of a name: `new (selectorByName('poll'))()`.
 *
 * @param name 'select', 'poll' or 'epoll', as written by a user: anything else is refused, listing the names
 * @throws TypeError unless it is a string, RangeError for an unknown name
 */
export function selectorByName(name: string): SelectorClass {
  return selectorNamed(name, 'selector');
}

/** The same; `where` is where the user has written the name, for the errors. @internal */
export function selectorNamed(name: string, where: string): SelectorClass {
  const expected = `one of ${Object.keys(classes).join(', ')}`;
  if (typeof name !== 'string') throw wrongType(where, expected, name);
  // Own names only: 'constructor' and 'toString' are in every object.
  if (!Object.hasOwn(classes, name)) throw outOfRange(where, expected, name);
  return classes[name as SelectorName];
}
