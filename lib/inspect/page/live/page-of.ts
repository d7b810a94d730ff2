/** The context of views in which nothing is selected. */

import type { PageContext } from '../views/context.js';

const NONE = { selected: null, related: new Set<number>(), select: () => undefined };

export function pageOf(openGuide: (entry: string) => void): PageContext {
  return { ...NONE, openGuide };
}
