/** Chooses the best selector that works on this system. */

import { hasKernel } from '../native/binding.js';
import { EpollSelector } from './epoll-selector.js';
import { PollSelector } from './poll-selector.js';
import { SelectSelector } from './select-selector.js';
import type { SelectorClass } from './selector-by-name.js';
import type { Selector } from './selector.js';

/**
 * Tries each mechanism once, because a sandbox (seccomp, gVisor) may refuse a system call that the kernel's headers declare. select
 * is the fallback and is not tried: if even that fails, its own error says more than ours could.
 */
function bestThatWorks(): SelectorClass {
  if (!hasKernel) return EpollSelector; // there is nothing to try; the simulated kernel has it
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

/** The class of the best selector that works here: epoll, otherwise poll, otherwise select. Chosen once, at load time. */
export const DefaultSelector: SelectorClass = bestThatWorks();

/** An instance of the {@link DefaultSelector:variable} class. */
export type DefaultSelector<D = unknown> = Selector<D>;
