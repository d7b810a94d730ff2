/** What all views share: the selection, and how to open the guide. */

import { createContext } from 'preact';

export interface PageContext {
  /** The id of the selected object; null: none. */
  readonly selected: number | null;
  /** The ids of the objects that are connected with it, itself included. */
  readonly related: ReadonlySet<number>;
  /** Selects an object, or nothing if it is selected already. */
  readonly select: (id: number | null) => void;
  /** Opens the guide at an entry. */
  readonly openGuide: (entry: string) => void;
}

export const Page = createContext<PageContext>({
  selected: null,
  related: new Set(),
  select: () => undefined,
  openGuide: () => undefined,
});
