/** The selector: the descriptors that the kernel watches for the loop, and who waits for them. */

import { useContext } from 'preact/hooks';

import type { DescriptorState } from '../../../trace/events.js';
import { readiness } from '../format.js';
import type { Model } from '../model.js';
import type { Step } from '../words.js';
import { Page } from './context.js';
import { Item } from './item.js';
import { Panel } from './panel.js';
import { type Column, Table } from './table.js';

export function SelectorView({ model, step }: { readonly model: Model; readonly step: Step }) {
  const { related, select } = useContext(Page);
  const { state, subject } = model;
  const ready = new Map(state.select?.ready.map(({ fd, events }) => [fd, events]));
  const rows = [...state.descriptors.values()].sort((a, b) => a.fd - b.fd);
  const waiter = (id: number) => {
    if (id === 0) return null;
    const task = model.taskOf(id);
    return <Item model={model} id={task === 0 ? id : task} />;
  };
  const waiterName = (id: number): string => (id === 0 ? '' : model.label(model.taskOf(id) || id));
  const columns: ReadonlyArray<Column<DescriptorState>> = [
    { title: 'fd', value: ({ fd }) => fd, cell: ({ fd }) => fd, numeric: true },
    {
      title: 'for',
      value: ({ events }) => events,
      cell: ({ fd, events }) => <Watched events={events} ready={ready.get(fd) ?? 0} />,
    },
    { title: 'what it is', value: ({ id }) => model.label(id), cell: ({ id }) => <What model={model} id={id} /> },
    {
      title: 'who waits',
      value: ({ reader, writer }) => waiterName(reader || writer),
      cell: ({ reader, writer }) => (
        <>
          {waiter(reader)}
          {writer !== reader && waiter(writer)}
        </>
      ),
    },
  ];
  return (
    <Panel
      title="Selector"
      what="What the kernel watches while the loop waits."
      guide="descriptor"
      class="selector"
      count={rows.length}
      active={step === 2 || step === 3}
    >
      <Table
        label={`descriptors watched with ${subject.program.selector || 'the selector'}`}
        rows={rows}
        columns={columns}
        keyOf={({ fd }) => fd}
        textOf={({ fd, id, reader, writer }) => `${fd} ${model.label(id)} ${waiterName(reader)} ${waiterName(writer)}`}
        picked={({ id }) => related.has(id)}
        onPick={({ id }) => select(id)}
        empty="no descriptor"
        limit={10}
      />
    </Panel>
  );
}

/** R and W: what is watched, and, filled, what is ready. */
function Watched({ events, ready }: { readonly events: number; readonly ready: number }) {
  const letter = (bit: number, name: string) =>
    (events & bit) === 0 ? null : <i class={`watch ${(ready & bit) === 0 ? '' : 'ready'}`}>{name}</i>;
  const words = ready === 0 ? 'waiting' : readiness(ready);
  return (
    <span class="watched" title={words}>
      <span aria-hidden="true">
        {letter(1, 'R')}
        {letter(2, 'W')}
      </span>
      <span class="hidden">{`${(events & 1) === 0 ? '' : 'reading '}${(events & 2) === 0 ? '' : 'writing'}, ${words}`}</span>
    </span>
  );
}

function What({ model, id }: { readonly model: Model; readonly id: number }) {
  const { internal } = model.name(id);
  return internal === true ? (
    <span class="quiet">{model.label(id)}, of the loop itself</span>
  ) : (
    <Item model={model} id={id} />
  );
}
