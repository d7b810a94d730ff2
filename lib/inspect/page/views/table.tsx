/** A table with a filter, a sort and a limit. */

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { count, plural } from '../format.js';

export interface Column<Row> {
  readonly title: string;
  /** What the column is sorted by. */
  readonly value: (row: Row) => string | number;
  readonly cell: (row: Row) => ComponentChildren;
  /** Right-aligned. */
  readonly numeric?: boolean;
  /** Left out on phones. */
  readonly wide?: boolean;
}

interface Props<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: ReadonlyArray<Column<Row>>;
  readonly keyOf: (row: Row) => number;
  /** The text that the filter searches. */
  readonly textOf: (row: Row) => string;
  readonly picked: (row: Row) => boolean;
  readonly onPick: (row: Row) => void;
  /** What stands before the filter. */
  readonly tools?: ComponentChildren;
  readonly empty: string;
  readonly limit: number;
}

/** A filter is shown from this number of rows on. */
const FILTERED = 6;

export function Filter({ label, value, onInput }: { label: string; value: string; onInput: (text: string) => void }) {
  return (
    <input
      type="search"
      class="filter"
      placeholder="filter"
      aria-label={`Filter ${label}`}
      value={value}
      onInput={(event) => onInput(event.currentTarget.value)}
    />
  );
}

export function Table<Row>({ label, rows, columns, keyOf, textOf, picked, onPick, empty, ...props }: Props<Row>) {
  const [filter, setFilter] = useState('');
  const [order, setOrder] = useState<{ readonly column: number; readonly down: boolean } | null>(null);
  const [limit, setLimit] = useState(props.limit);
  const wanted = filter.trim().toLowerCase();
  const found = wanted === '' ? [...rows] : rows.filter((row) => textOf(row).toLowerCase().includes(wanted));
  const column = order === null ? undefined : columns[order.column];
  if (column !== undefined && order !== null) {
    const sign = order.down ? -1 : 1;
    const keyed = found.map((row) => ({ row, value: column.value(row) }));
    keyed.sort((a, b) => sign * compare(a.value, b.value));
    found.splice(0, found.length, ...keyed.map(({ row }) => row));
  }
  const sortBy = (index: number, numeric: boolean): void => {
    if (order?.column !== index) setOrder({ column: index, down: numeric });
    else setOrder(order.down === numeric ? { column: index, down: !order.down } : null);
  };
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    <>
      {(rows.length >= FILTERED || filter !== '' || props.tools !== undefined) && (
        <p class="tools">
          {props.tools}
          <Filter label={label} value={filter} onInput={setFilter} />
          {wanted !== '' && <span class="quiet small">{`${count(found.length)} of ${count(rows.length)}`}</span>}
        </p>
      )}
      <div class="scroll">
        <table>
          <caption class="hidden">{label}</caption>
          <thead>
            <tr>
              {columns.map(({ title, numeric = false, wide = false }, index) => (
                <th
                  scope="col"
                  class={`${numeric ? 'numeric' : ''} ${wide ? 'wide' : ''}`}
                  aria-sort={order?.column === index ? (order.down ? 'descending' : 'ascending') : 'none'}
                  key={title}
                >
                  <button type="button" onClick={() => sortBy(index, numeric)}>
                    {title}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.slice(0, limit).map((row) => (
              <tr class={picked(row) ? 'picked' : ''} onClick={() => onPick(row)} key={keyOf(row)}>
                {columns.map(({ title, cell, numeric = false, wide = false }) => (
                  <td class={`${numeric ? 'numeric' : ''} ${wide ? 'wide' : ''}`} key={title}>
                    {cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.length > limit && (
        <button type="button" class="more" onClick={() => setLimit(limit * 4)}>
          {plural(found.length - limit, 'more', 'more')}
        </button>
      )}
    </>
  );
}

/** Made once: that takes longer than a hundred comparisons. */
const { compare: byText } = new Intl.Collator('en', { numeric: true });

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return byText(String(a), String(b));
}
