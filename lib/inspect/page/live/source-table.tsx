/** A table whose rows are filtered, sorted and limited in the process that is watched, so that thousands cost no more than those shown. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Table, TableName } from '../../protocol.js';
import { count, plural } from '../format.js';
import { Filter } from '../views/table.js';
import type { Session } from './session.js';

export interface SourceColumn<Row> {
  /** The name of the column in the protocol. */
  readonly column: string;
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Right-aligned, and sorted from the greatest. */
  readonly numeric?: boolean;
  /** Left out on phones. */
  readonly wide?: boolean;
}

interface Props<Row> {
  readonly session: Session;
  readonly table: TableName;
  readonly label: string;
  readonly columns: ReadonlyArray<SourceColumn<Row>>;
  readonly keyOf: (row: Row, index: number) => string | number;
  readonly places?: boolean;
  /** False for a tree, which has its own order. */
  readonly sortable?: boolean;
  readonly tools?: ComponentChildren;
}

const FIRST = 50;
const MOST = 5000;

/** After the last key, in milliseconds. */
const TYPING_MS = 200;

export function SourceTable<Row>(props: Props<Row>) {
  const { session, table, label, columns, keyOf, places = false, sortable = true, tools } = props;
  const [text, setText] = useState('');
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState<string | null>(null);
  const [limit, setLimit] = useState(FIRST);
  useEffect(() => {
    const timer = setTimeout(() => setFilter(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    session.watch({ table, filter, sort: sortable ? sort : null, limit, places, everyMs: places ? 3000 : 1000 });
  }, [table, filter, sort, limit, places, sortable]);
  const rows = useRef<Table<Row> | null>(null);
  rows.current = (session.tables[table] as Table<Row> | undefined) ?? null;
  const shown = rows.current;
  const sortBy = ({ column, numeric = false }: SourceColumn<Row>): void => {
    const orders = numeric ? [`-${column}`, column] : [column, `-${column}`];
    setSort(orders[orders.indexOf(sort ?? '') + 1] ?? null);
  };
  const orderOf = (column: string): 'ascending' | 'descending' | 'none' =>
    sort === column ? 'ascending' : sort === `-${column}` ? 'descending' : 'none';
  const counts =
    shown === null ? '' : filter === '' ? count(shown.total) : `${count(shown.matching)} of ${count(shown.total)}`;
  return (
    <>
      <p class="tools">
        {tools}
        <Filter label={label} value={text} onInput={setText} />
        <span class="quiet small" role="status">{`${counts} ${label}`}</span>
      </p>
      {shown === null ? (
        <p class="empty">waiting for the loop</p>
      ) : shown.rows.length === 0 ? (
        <p class="empty">none</p>
      ) : (
        <div class="scroll">
          <table>
            <caption class="hidden">{label}</caption>
            <thead>
              <tr>
                {columns.map((each) => (
                  <th
                    scope="col"
                    class={classOf(each)}
                    aria-sort={sortable ? orderOf(each.column) : undefined}
                    key={each.column}
                  >
                    {sortable ? (
                      <button type="button" onClick={() => sortBy(each)}>
                        {each.title}
                      </button>
                    ) : (
                      <span class="quiet small">{each.title}</span>
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.rows.map((row, index) => (
                <tr key={keyOf(row, index)}>
                  {columns.map((each) => (
                    <td class={classOf(each)} key={each.column}>
                      {each.cell(row)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown !== null && shown.matching > limit && limit < MOST && (
        <button type="button" class="more" onClick={() => setLimit(Math.min(limit * 4, MOST))}>
          {plural(shown.matching - shown.rows.length, 'more', 'more')}
        </button>
      )}
    </>
  );
}

const classOf = ({ numeric = false, wide = false }: { numeric?: boolean; wide?: boolean }): string =>
  `${numeric ? 'numeric' : ''} ${wide ? 'wide' : ''}`;
