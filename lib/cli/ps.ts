/** `selectloop ps`, `pstree` and `sockets`: look into the loop of a running process. */

import { relative } from 'node:path';

import type { DoorFile } from '../inspect/directory.js';
import { COLUMNS, DEFAULT_ROWS, MOST_ROWS, type TableName, type ThreadLine } from '../inspect/protocol.js';
import type { SocketRow, Table, TaskRow, TreeRow } from '../inspect/protocol.js';
import { UsageError, count, parseTarget } from './command-line.js';
import { DoorClient } from './door-client.js';
import { findDoor, findOrForceDoor, listDoors } from './doors.js';
import { type Column, escapeText, fit, tableLines } from './text-table.js';

/** The lines of `--help`. */
export const psUsage = `selectloop ps [PID]: the tasks of the loop in a running process; without PID: the processes that have a door
selectloop pstree PID: its tasks as a tree, each above those that it waits for
selectloop sockets PID: its descriptors, with the kernel's figures for TCP
  --filter TEXT   only rows with this text
  --sort COLUMN   a heading in lower case, -COLUMN for descending order
  --limit N       at most N rows (${DEFAULT_ROWS})
  --watch S       again every S seconds, until Ctrl-C
  --json          as JSON, one line each time
  --force         opens a door in a process that has none, through Node's debugger, which is open to every user meanwhile
  PID             a process ID, or the name of a door if the process has several loops: 4711-2`;

/** The table that each command shows. */
const TABLE_OF = { ps: 'tasks', pstree: 'tree', sockets: 'sockets' } as const;

/** A command of this file. */
export type PsCommand = keyof typeof TABLE_OF;

interface Settings {
  readonly table: (typeof TABLE_OF)[PsCommand];
  readonly json: boolean;
  readonly everyMs: number;
  readonly request: object;
}

/** Runs the command. @throws UsageError, or an Error that says why the process cannot be looked into */
export async function psCommand(command: PsCommand, args: readonly string[]): Promise<void> {
  const { values, target } = parseTarget(joinSort(args), {
    ...{ filter: { type: 'string' }, sort: { type: 'string' }, limit: { type: 'string' } },
    ...{ watch: { type: 'string' }, json: { type: 'boolean' }, force: { type: 'boolean' } },
  });
  const table = TABLE_OF[command];
  const filter = String(values['filter'] ?? '');
  const sort = sortOf(table, values['sort']);
  const limit = count(values, 'limit', MOST_ROWS) || DEFAULT_ROWS;
  const everyMs = 1000 * count(values, 'watch', 3600);
  const json = values['json'] === true;
  if (target === null) {
    if (command !== 'ps') throw new UsageError(`expected a process ID: selectloop ${command} PID`);
    showDoors(json);
    return;
  }
  const request = { want: [table], filter, sort, limit, places: true, everyMs };
  const door = values['force'] === true ? await findOrForceDoor(target) : findDoor(target);
  await show(door, { table, json, everyMs, request });
}

/** `--sort -name` is meant as `--sort=-name`, but looks like two options. */
function joinSort(args: readonly string[]): string[] {
  return args.flatMap((arg, i) => {
    if (args[i - 1] === '--sort' && arg.startsWith('-')) return [];
    return arg === '--sort' && args[i + 1]?.startsWith('-') === true ? `--sort=${args[i + 1]}` : arg;
  });
}

function sortOf(table: TableName, sort: string | boolean | undefined): string | null {
  if (sort === undefined) return null;
  const columns = COLUMNS[table];
  if (columns.length === 0) throw new UsageError('--sort: pstree has no columns to sort by');
  if (typeof sort === 'string' && columns.includes(sort.replace(/^-/, ''))) return sort;
  throw new UsageError(`--sort: expected one of ${columns.join(', ')}, got ${JSON.stringify(sort)}`);
}

function showDoors(json: boolean): void {
  const doors = listDoors();
  if (json) print([JSON.stringify(doors)]);
  else if (doors.length === 0) print(['no process has a door: start one with SELECTLOOP_INSPECT=1']);
  else {
    const columns = [{ heading: 'DOOR' }, { heading: 'PROGRAM' }];
    const rows = doors.map(({ door, program }) => [door, program]);
    print(tableLines(columns, rows, terminalWidth()));
  }
}

/** Shows the table once, or until the program ends. */
function show(door: DoorFile, settings: Settings): Promise<void> {
  const { table, json, everyMs, request } = settings;
  return new Promise((resolve, reject) => {
    let shown = false;
    const onLine = (line: ThreadLine): void => {
      const answer = line[table];
      if (answer === undefined) return;
      if (json) print([JSON.stringify(answer)]);
      else print(linesOf(table, answer as Table<never>), everyMs > 0);
      shown = true;
      if (everyMs > 0) return;
      client[Symbol.dispose]();
      resolve();
    };
    const onEnd = (error: Error): void => {
      if (!shown) reject(error);
      else {
        process.stderr.write(`selectloop: ${error.message}\n`); // --watch: the program has ended
        resolve();
      }
    };
    const client = new DoorClient(door, onLine, onEnd);
    client.send(request);
  });
}

// --- Text ---------------------------------------------------------------------------------------------------------------

const terminalWidth = (): number => (process.stdout.isTTY ? process.stdout.columns : Infinity);

/** @param again the lines replace earlier ones on a terminal */
function print(lines: readonly string[], again = false): void {
  const clear = again && process.stdout.isTTY ? '\x1b[H\x1b[J' : '';
  process.stdout.write(`${clear}${lines.join('\n')}\n`);
}

function linesOf(table: Settings['table'], answer: Table<never>): string[] {
  const width = terminalWidth();
  if (table === 'tree') return [...treeLines(answer.rows, width), ...rest(answer, 'tasks')];
  if (table === 'tasks') return [...tableLinesOf(TASK_COLUMNS, answer.rows, width), ...rest(answer, 'tasks')];
  return [...tableLinesOf(SOCKET_COLUMNS, answer.rows, width), ...rest(answer, 'descriptors')];
}

function rest({ total, matching, rows }: Table<unknown>, what: string): string[] {
  if (total === 0) return [`no ${what}`];
  if (rows.length >= matching && matching === total) return [];
  return [`${rows.length} of ${matching === total ? '' : `${matching} matching, of `}${total} ${what}`];
}

/** A column and the text of its cells; null: nothing is known. */
interface Shown<Row> extends Column {
  readonly cell: (row: Row) => string | null;
}

const TASK_COLUMNS: ReadonlyArray<Shown<TaskRow>> = [
  { heading: 'ID', numeric: true, cell: ({ id }) => String(id) },
  { heading: 'NAME', cell: ({ name }) => name },
  { heading: 'FUNCTION', cell: (row) => row.function },
  { heading: 'STATE', cell: ({ state }) => state },
  { heading: 'AGE', numeric: true, cell: ({ age }) => milliseconds(age) },
  { heading: 'STEPS', numeric: true, cell: ({ steps }) => numberText(steps) },
  { heading: 'BUSY', numeric: true, cell: ({ busy }) => milliseconds(busy) },
  { heading: 'WAITS', cell: ({ waits }) => waits },
  { heading: 'PLACE', cell: ({ place }) => placeText(place) },
];

const SOCKET_COLUMNS: ReadonlyArray<Shown<SocketRow>> = [
  { heading: 'FD', numeric: true, cell: ({ fd }) => String(fd) },
  { heading: 'KIND', cell: ({ kind }) => kind },
  { heading: 'LOCAL', cell: ({ local }) => local },
  { heading: 'PEER', cell: ({ peer }) => peer },
  { heading: 'STATE', cell: ({ state }) => state },
  { heading: 'WAITERS', cell: ({ waiters }) => waiters },
  { heading: 'IN', numeric: true, cell: (row) => numberText(row.in) },
  { heading: 'OUT', numeric: true, cell: ({ out }) => numberText(out) },
  { heading: 'RTT', numeric: true, cell: ({ rtt }) => milliseconds(rtt) },
  { heading: 'RETRANS', numeric: true, cell: ({ retrans }) => numberText(retrans) },
  { heading: 'UNSENT', numeric: true, cell: ({ unsent }) => numberText(unsent) },
  { heading: 'BUFFERED', numeric: true, cell: ({ buffered }) => numberText(buffered) },
  { heading: 'READING', cell: ({ reading }) => (reading === null ? null : reading ? 'yes' : 'no') },
  { heading: 'TLS', cell: ({ tls }) => tls },
];

/** Leaves out columns of which nothing is known. */
function tableLinesOf<Row>(columns: ReadonlyArray<Shown<Row>>, rows: readonly Row[], width: number): string[] {
  if (rows.length === 0) return [];
  const known = columns.filter(({ cell }) => rows.some((row) => cell(row) !== null));
  const texts = rows.map((row) => known.map(({ cell }) => cell(row) ?? ''));
  return tableLines(known, texts, width);
}

const numberText = (value: number | null): string | null => (value === null ? null : String(value));

function milliseconds(value: number | null): string | null {
  if (value === null) return null;
  return value < 1000 ? `${value.toFixed(value < 10 ? 2 : 0)} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** `file:line`, with the path from here if that is shorter. */
function placeText(place: string | null): string | null {
  if (place === null) return null;
  const [, file = '', line = ''] = /^(.*?):(\d+)(?::\d+)?$/.exec(place) ?? [];
  const fromHere = relative(process.cwd(), file);
  return `${fromHere.length < file.length ? fromHere : file}:${line}`;
}

function treeLines(rows: readonly TreeRow[], width: number): string[] {
  return rows.map((row) => {
    const mark = { '': '', cycle: '  (a cycle: see above)', above: '  (see above)' }[row.mark];
    const place = placeText(row.place);
    const waits = row.waits === '' ? row.state : `waits for ${row.waits}`;
    const details = mark === '' ? `${place === null ? '' : `  ${place}`}  ${waits}` : mark;
    return fit('    '.repeat(row.depth) + escapeText(`${row.name} ${row.function}${details}`), width);
  });
}
