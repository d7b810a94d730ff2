/** The tasks of the loop: as a table, or as the tree of who waits for whom. */

import { useState } from 'preact/hooks';

import type { TaskRow, TreeRow } from '../../protocol.js';
import { count, duration } from '../format.js';
import { Page } from '../views/context.js';
import { Panel } from '../views/panel.js';
import type { TabProps } from './loop-tab.js';
import { pageOf } from './page-of.js';
import { Place } from './place.js';
import { type SourceColumn, SourceTable } from './source-table.js';

const UNKNOWN = <span class="quiet">–</span>;

const MARKS = {
  '': null,
  cycle: <b class="error"> waits in a circle</b>,
  above: <span class="quiet"> see above</span>,
};

/** What a task says of a function that has no name of its own. */
const NAMELESS = new Set(['generator', 'anonymous()']);

export function TasksTab({ session, openGuide }: TabProps) {
  const [isTree, setTree] = useState(false);
  const [places, setPlaces] = useState(false);
  const isMeasured = session.level !== 'look';
  const columns: Array<SourceColumn<TaskRow & Partial<TreeRow>>> = [
    {
      ...{ column: 'name', title: 'task' },
      cell: ({ name, function: code, depth = 0, mark = '' }) => (
        <span class="indented" style={{ '--depth': depth }}>
          <b>{name}</b> {!NAMELESS.has(code) && <code class="quiet">{code}</code>}
          {MARKS[mark]}
        </span>
      ),
    },
    { column: 'waits', title: 'waits for', cell: ({ waits, state }) => waits || <span class="quiet">{state}</span> },
    { column: 'state', title: 'state', cell: ({ state }) => state, wide: true },
  ];
  if (isMeasured) {
    const time = (ms: number | null) => (ms === null ? UNKNOWN : duration(ms));
    columns.push(
      { ...{ column: 'age', title: 'age' }, cell: ({ age }) => time(age), numeric: true, wide: true },
      {
        ...{ column: 'steps', title: 'steps' },
        cell: ({ steps }) => (steps === null ? UNKNOWN : count(steps)),
        numeric: true,
      },
      { ...{ column: 'busy', title: 'busy' }, cell: ({ busy }) => time(busy), numeric: true },
    );
  }
  if (places) {
    columns.push({
      ...{ column: 'place', title: 'line' },
      cell: ({ place }) => (place === null ? UNKNOWN : <Place of={place} />),
    });
  }
  if (session.hello?.control === true) {
    columns.push({
      ...{ column: 'id', title: 'cancel' },
      cell: ({ id, name }) => (
        <button
          type="button"
          class="more"
          aria-label={`Cancel ${name}`}
          disabled={session.ending !== null}
          onClick={() => session.cancelTask(id)}
        >
          cancel
        </button>
      ),
    });
  }
  const view = (tree: boolean, title: string) => (
    <button type="button" aria-pressed={isTree === tree} onClick={() => setTree(tree)}>
      {title}
    </button>
  );
  return (
    <Page.Provider value={pageOf(openGuide)}>
      <Panel title="Tasks" what="Code that runs in steps, and what each waits for." guide="task" class="tasks">
        <SourceTable
          session={session}
          table={isTree ? 'tree' : 'tasks'}
          label="tasks"
          columns={columns}
          keyOf={({ id }, index) => (isTree ? index : id)}
          places={places}
          sortable={!isTree}
          tools={
            <>
              <span class="switch" role="group" aria-label="View of the tasks">
                {view(false, 'Table')}
                {view(true, 'Tree')}
              </span>
              <label
                class="small"
                title="The engine is asked where each task waits: the loop stops for half a millisecond a row."
              >
                <input type="checkbox" checked={places} onChange={() => setPlaces(!places)} /> lines
              </label>
            </>
          }
        />
        {!isMeasured && <p class="quiet small">Steps and times are counted from the level Measure on.</p>}
      </Panel>
    </Page.Provider>
  );
}
