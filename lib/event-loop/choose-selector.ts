/** Which selector a loop gets. */

import { wrongType } from '../errors/index.js';
import { DefaultSelector, Selector, type SelectorName } from '../selectors/index.js';
import { selectorNamed } from '../selectors/selector-by-name.js';

const variable = 'SELECTLOOP_SELECTOR';

/**
 * The selector for a new loop: the one given, or a new one of the given name, or of the name in SELECTLOOP_SELECTOR, or the best
 * that works here. RangeError for an unknown name, also in the variable.
 */
export function chooseSelector(choice?: SelectorName | Selector): Selector {
  if (choice instanceof Selector) return choice;
  const name = choice ?? process.env[variable];
  if (name === undefined || name === '') return new DefaultSelector();
  if (typeof name !== 'string') throw wrongType('selector', 'a name or a Selector', name);
  // Whoever set the variable long ago finds no selector in the program that the message could mean.
  return new (selectorNamed(name, name === choice ? 'selector' : variable))();
}
