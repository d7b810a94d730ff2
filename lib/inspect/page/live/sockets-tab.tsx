/** The descriptors of the loop, with the kernel's own figures. */

import type { SocketRow } from '../../protocol.js';
import { count, duration } from '../format.js';
import { Page } from '../views/context.js';
import { Panel } from '../views/panel.js';
import type { TabProps } from './loop-tab.js';
import { pageOf } from './page-of.js';
import { type SourceColumn, SourceTable } from './source-table.js';

const UNKNOWN = <span class="quiet">–</span>;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** "512 B", "1.4 MB". */
function bytes(n: number | null) {
  if (n === null) return UNKNOWN;
  const unit = n < 1000 ? 0 : Math.min(Math.floor(Math.log10(n) / 3), UNITS.length - 1);
  return `${unit === 0 ? n : (n / 1000 ** unit).toPrecision(3)} ${UNITS[unit]}`;
}

const COLUMNS: ReadonlyArray<SourceColumn<SocketRow>> = [
  { column: 'fd', title: 'fd', cell: ({ fd }) => fd, numeric: true },
  { column: 'kind', title: 'kind', cell: ({ kind }) => kind, wide: true },
  { column: 'local', title: 'local', cell: ({ local }) => local ?? UNKNOWN, wide: true },
  { column: 'peer', title: 'peer', cell: ({ peer }) => (peer === null ? UNKNOWN : <Address text={peer} />) },
  { column: 'state', title: 'state', cell: ({ state }) => state?.toLowerCase() ?? UNKNOWN, wide: true },
  { column: 'waiters', title: 'who waits', cell: ({ waiters }) => waiters || UNKNOWN },
  { column: 'in', title: 'in', cell: (row) => bytes(row.in), numeric: true },
  { column: 'out', title: 'out', cell: ({ out }) => bytes(out), numeric: true },
  ...(
    [
      { column: 'rtt', title: 'round trip', cell: ({ rtt }) => (rtt === null ? UNKNOWN : duration(rtt)) },
      { column: 'retrans', title: 'sent again', cell: ({ retrans }) => (retrans === null ? UNKNOWN : count(retrans)) },
      { column: 'unsent', title: 'unsent', cell: ({ unsent }) => bytes(unsent) },
      { column: 'buffered', title: 'buffered', cell: ({ buffered }) => bytes(buffered) },
    ] as Array<SourceColumn<SocketRow>>
  ).map((each) => ({ ...each, numeric: true, wide: true })),
  {
    ...{ column: 'reading', title: 'reading', wide: true },
    cell: ({ reading }) => (reading === null ? UNKNOWN : reading ? 'yes' : <b>paused</b>),
  },
  { column: 'tls', title: 'TLS', cell: ({ tls }) => tls ?? UNKNOWN, wide: true },
];

/** An address, which may be broken before its port. */
function Address({ text }: { readonly text: string }) {
  const end = text.lastIndexOf(':');
  return (
    <>
      {text.slice(0, Math.max(end, 0))}
      <wbr />
      {text.slice(Math.max(end, 0))}
    </>
  );
}

export function SocketsTab({ session, openGuide }: TabProps) {
  return (
    <Page.Provider value={pageOf(openGuide)}>
      <Panel
        title="Sockets"
        what="What the loop watches. Bytes, round trip and segments sent again are the kernel’s figures."
        guide="descriptor"
      >
        <SourceTable session={session} table="sockets" label="descriptors" columns={COLUMNS} keyOf={({ fd }) => fd} />
      </Panel>
    </Page.Provider>
  );
}
