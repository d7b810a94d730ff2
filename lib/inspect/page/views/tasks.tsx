/** The tasks that are not done: as a table, or as a tree of who waits for whom. */

import type { ComponentChildren } from 'preact';
import { useContext, useState } from 'preact/hooks';

import type { TaskState } from '../../../trace/events.js';
import { count, duration, plural } from '../format.js';
import type { Model } from '../model.js';
import { Page } from './context.js';
import { Item } from './item.js';
import { Panel } from './panel.js';
import { type Column, Filter, Table } from './table.js';

const LIMIT = 20;

/** @param props.counts whether it is known how often they have run */
export function Tasks({ model, counts }: { readonly model: Model; readonly counts: boolean }) {
  const [asTree, setAsTree] = useState(false);
  const tasks = [...model.state.tasks.values()];
  const view = (tree: boolean, title: string) => (
    <button type="button" aria-pressed={asTree === tree} onClick={() => setAsTree(tree)}>
      {title}
    </button>
  );
  const tools = (
    <span class="switch" role="group" aria-label="View of the tasks">
      {view(false, 'Table')}
      {view(true, 'Tree')}
    </span>
  );
  return (
    <Panel
      title="Tasks"
      what="Code that runs in steps, and what each waits for."
      guide="task"
      count={tasks.length}
      class="tasks"
    >
      {asTree ? (
        <Tree model={model} tools={tools} />
      ) : (
        <TaskTable model={model} tasks={tasks} counts={counts} tools={tools} />
      )}
    </Panel>
  );
}

/** What a task does or waits for. */
function WaitsFor({ model, task }: { readonly model: Model; readonly task: TaskState }) {
  const state = model.stateOf(task);
  if (state === 'runs' || state === 'ready') return <span class="quiet">{waitText(model, task)}</span>;
  return (
    <>
      {task.waits.map((wait) => (
        <Wait model={model} wait={wait} key={wait} />
      ))}
      {state === 'woken' && <span class="quiet">is done</span>}
    </>
  );
}

function Wait({ model, wait }: { readonly model: Model; readonly wait: number }) {
  const { future } = model.name(wait);
  const ms = model.dueIn(wait) ?? (future === undefined ? undefined : model.dueIn(future));
  return (
    <span class="wait">
      <Item model={model} id={wait} />
      {ms !== undefined && <span class="quiet"> {ms > 0 ? `${duration(ms)} left` : 'due'}</span>}
    </span>
  );
}

/** What a task waits for, as text. */
function waitText(model: Model, task: TaskState): string {
  const { waits, begun } = task;
  const state = model.stateOf(task);
  if (state === 'runs') return 'runs';
  if (state === 'ready') return begun ? 'ready' : 'ready, new';
  return waits.map((wait) => model.label(wait)).join(' ');
}

interface ViewProps {
  readonly model: Model;
  readonly tools: ComponentChildren;
}

interface TableProps extends ViewProps {
  readonly tasks: readonly TaskState[];
  readonly counts: boolean;
}

function TaskTable({ model, tasks, counts, tools }: TableProps) {
  const { related, select } = useContext(Page);
  const columns: ReadonlyArray<Column<TaskState>> = [
    {
      title: 'task',
      value: ({ id }) => model.label(id),
      cell: ({ id, cancelling }) => (
        <>
          <Item model={model} id={id} /> <code class="quiet">{model.functionOf(id)}</code>
          {cancelling && <span class="quiet"> is being cancelled</span>}
        </>
      ),
    },
    {
      title: 'waits for',
      value: (task) => waitText(model, task),
      cell: (task) => <WaitsFor model={model} task={task} />,
    },
    { title: 'steps', value: ({ steps }) => steps, cell: ({ steps }) => count(steps), numeric: true },
    { title: 'busy', value: ({ busyMs }) => busyMs, cell: ({ busyMs }) => duration(busyMs), numeric: true, wide: true },
  ];
  return (
    <Table
      label="tasks"
      tools={tools}
      rows={tasks}
      columns={counts ? columns : columns.slice(0, 2)}
      keyOf={({ id }) => id}
      textOf={(task) => `${model.label(task.id)} ${model.name(task.id).function ?? ''} ${waitText(model, task)}`}
      picked={({ id }) => related.has(id)}
      onPick={({ id }) => select(id)}
      empty="no task"
      limit={LIMIT}
    />
  );
}

interface Row {
  readonly id: number;
  readonly depth: number;
  /** It is above itself in the tree. */
  readonly cycle: boolean;
}

/** The rows of the tree, at most `limit`: each task, and below it the tasks that it waits for. */
function rowsOf(model: Model, wanted: string, limit: number): { readonly rows: readonly Row[]; readonly more: number } {
  const { tasks } = model.state;
  const awaited = new Set([...tasks.keys()].flatMap((id) => model.awaited(id)));
  const rows: Row[] = [];
  const shown = new Set<number>();
  const path = new Set<number>();
  let more = 0;
  const add = (id: number): void => {
    const cycle = path.has(id);
    if (rows.length < limit) rows.push({ id, depth: path.size, cycle });
    else more += 1;
    if (shown.has(id)) return; // what it waits for is above
    shown.add(id);
    path.add(id);
    for (const other of model.awaited(id)) add(other);
    path.delete(id);
  };
  const matches = (id: number): boolean =>
    wanted === '' || `${model.label(id)} ${model.name(id).function ?? ''}`.toLowerCase().includes(wanted);
  for (const id of tasks.keys()) if (!awaited.has(id) && matches(id)) add(id);
  // What is left waits in a circle, or below a task that the filter has left out.
  for (const id of tasks.keys()) if (awaited.has(id) && !shown.has(id) && matches(id)) add(id);
  return { rows, more };
}

function Tree({ model, tools }: ViewProps) {
  const { related, select } = useContext(Page);
  const [filter, setFilter] = useState('');
  const [limit, setLimit] = useState(LIMIT);
  const { rows, more } = rowsOf(model, filter.trim().toLowerCase(), limit);
  return (
    <>
      <p class="tools">
        {tools}
        <Filter label="tasks" value={filter} onInput={setFilter} />
      </p>
      <ul class="forest">
        {rows.map(({ id, depth, cycle }, i) => {
          const task = model.state.tasks.get(id);
          return (
            <li
              class={related.has(id) ? 'picked' : ''}
              style={{ '--depth': depth }}
              onClick={() => select(id)}
              key={`${id} ${i}`}
            >
              <Item model={model} id={id} />
              <code class="quiet"> {model.functionOf(id)}</code>
              {cycle ? (
                <b class="error"> waits in a circle: deadlock</b>
              ) : (
                task !== undefined && (
                  <span class="quiet">
                    {' '}
                    {['waits', 'woken'].includes(model.stateOf(task)) && 'waits for '}
                    <WaitsFor model={model} task={task} />
                  </span>
                )
              )}
            </li>
          );
        })}
      </ul>
      {more > 0 && (
        <button type="button" class="more" onClick={() => setLimit(limit * 4)}>
          {plural(more, 'more', 'more')}
        </button>
      )}
    </>
  );
}
