/** In a page there is no addon. */

import { absentKernel } from '../absent-kernel.js';
import type { Loaded } from '../load-addon.js';

export function loadAddon(): Loaded {
  return { native: absentKernel('a web page', () => performance.now()), addonFile: '', hasKernel: false };
}
