/** Filters, sorts and limits the rows of a table, at its source: only what is shown leaves the process. */

import type { Table } from './protocol.js';

/** Which rows are wanted; see `WantRequest`. */
export interface Selection {
  readonly filter: string;
  readonly sort: string | null;
  readonly limit: number;
  readonly places: boolean;
}

type Cell = string | number | boolean | null;

/**
 * Makes a table of `items`. Describing an item is the expensive part. Without a filter and a sort order only the rows that are shown are
 * described.
 */
export function tableOf<Item, Row extends object>(
  atMs: number,
  items: readonly Item[],
  describe: (item: Item) => Row,
  { filter, sort, limit }: Selection,
): Table<Row> {
  const total = items.length;
  if (filter === '' && sort === null) {
    return { atMs, total, matching: total, rows: items.slice(0, limit).map(describe) };
  }
  const rows = items.map(describe).filter((row) => matches(row, filter));
  if (sort !== null) sortRows(rows, sort);
  return { atMs, total, matching: rows.length, rows: rows.slice(0, limit) };
}

/** Returns whether one of the cells has the text, in any case of letters. */
export function matches(row: object, filter: string): boolean {
  if (filter === '') return true;
  const text = filter.toLowerCase();
  return Object.values(row as Record<string, Cell>).some((cell) => String(cell).toLowerCase().includes(text));
}

/** Sorts by a column; stable. What is not known comes last, in both directions. */
function sortRows(rows: object[], sort: string): void {
  const column = sort.replace(/^-/, '');
  const direction = sort.startsWith('-') ? -1 : 1;
  const cellOf = (row: object): Cell => (row as Record<string, Cell>)[column] ?? null;
  rows.sort((first, second) => {
    const [a, b] = [cellOf(first), cellOf(second)];
    if (a === b) return 0;
    if (a === null || b === null) return a === null ? 1 : -1;
    return (a < b ? -1 : 1) * direction;
  });
}
