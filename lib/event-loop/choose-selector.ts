/** Which selector a loop gets. */

import { wrongType } from '../errors/index.js';
import { DefaultSelector, Selector, type SelectorName, selectorByName } from '../selectors/index.js';

/**
 * The selector for a new loop: the one given, or a new one of the given name, or of the name in SELECTLOOP_SELECTOR, or the best
 * that works here. RangeError for an unknown name, also in the variable.
 */
export function chooseSelector(choice?: SelectorName | Selector): Selector {
  if (choice instanceof Selector) return choice;
  const name = choice ?? process.env['SELECTLOOP_SELECTOR'];
  if (name === undefined || name === '') return new DefaultSelector();
  if (typeof name !== 'string') throw wrongType('selector', 'a name or a Selector', name);
  return new (selectorByName(name))();
}
