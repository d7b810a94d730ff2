/** Chooses the selector of a loop. */

import { wrongType } from '../errors/index.js';
import { DefaultSelector, Selector, type SelectorName } from '../selectors/index.js';
import { selectorNamed } from '../selectors/selector-by-name.js';

const variable = 'SELECTLOOP_SELECTOR';

/**
 * Returns the selector for a new loop: `choice` itself, a new selector of that name, one of the name in SELECTLOOP_SELECTOR, or the best
 * that works here. Throws a RangeError for an unknown name, including one in the variable.
 */
export function chooseSelector(choice?: SelectorName | Selector): Selector {
  if (choice instanceof Selector) return choice;
  const name = choice ?? process.env[variable];
  if (name === undefined || name === '') return new DefaultSelector();
  if (typeof name !== 'string') throw wrongType('selector', 'a name or a Selector', name);
  // If the name comes from the variable, the error must say so: nothing in the program's source explains it.
  return new (selectorNamed(name, name === choice ? 'selector' : variable))();
}
