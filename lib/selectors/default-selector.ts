/** The best selector that works here. */

import { EpollSelector } from './epoll-selector.js';
import { PollSelector } from './poll-selector.js';
import { SelectSelector } from './select-selector.js';
import type { SelectorClass } from './selector-by-name.js';
import type { Selector } from './selector.js';

/**
 * Tries to make one of each: a sandbox (seccomp, gVisor) may refuse a system call that the kernel's headers know. select is
 * taken without a try; where not even that works, its own error says more than ours could.
 */
function bestThatWorks(): SelectorClass {
  for (const candidate of [EpollSelector, PollSelector]) {
    try {
      const trial = new candidate();
      trial.select(0);
      trial.close();
      return candidate;
    } catch {
      continue;
    }
  }
  return SelectSelector;
}

/** The best selector that works here: epoll, else poll, else select. Decided once, when this module is loaded. */
export const DefaultSelector: SelectorClass = bestThatWorks();

/** An instance of the {@link DefaultSelector:variable} class. */
export type DefaultSelector<D = unknown> = Selector<D>;
