/** `selectloop play`: makes a page that shows a trace. */

import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import type { DoorFile } from '../inspect/directory.js';
import { MOST_ROWS } from '../inspect/protocol.js';
import type { EventTrace } from '../trace/events.js';
import { htmlOfText } from '../trace/html.js';
import { UsageError, count } from './command-line.js';
import { DoorClient } from './door-client.js';
import { findDoor } from './doors.js';
import { type OldTrace, fromVersion1 } from './from-version-1.js';

/** How long a running process is recorded, in seconds. */
const SECONDS = 5;

/** The lines of `--help`. */
export const playUsage = `selectloop play TRACE.json [-o PAGE.html]: a page that shows what the loop did, step by step
selectloop play PID [-o PAGE.html]: records a running process, and makes a page of its last 100,000 events; PID: as for ps
  -o, --output FILE   the page; without it, TRACE.html or PID.html. A name that ends in .json: the trace itself
  --seconds N         how long the process is recorded (${SECONDS})`;

/** Reads or records the trace, and writes the page. */
export async function playCommand(args: readonly string[]): Promise<void> {
  const { source, output, seconds } = parse(args);
  const json = isProcess(source) ? JSON.stringify(await record(findDoor(source), seconds * 1000)) : readTrace(source);
  const isPage = !output.endsWith('.json');
  writeFileSync(output, isPage ? htmlOfText(json) : json);
  process.stdout.write(`${isPage ? 'player' : 'trace'} written to ${output}\n`);
}

/** Whether the argument names a process or a door, and not a file. */
const isProcess = (source: string): boolean => /^\d+(-[\w-]+)?$/.test(source);

function parse(args: readonly string[]): { source: string; output: string; seconds: number } {
  try {
    const options = { output: { type: 'string', short: 'o' }, seconds: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [source, ...more] = positionals;
    if (source === undefined || more.length > 0) {
      throw new UsageError(`play: expected one trace or process, got ${positionals.length}`);
    }
    if (values.seconds !== undefined && !isProcess(source))
      throw new UsageError(`--seconds: expected a process to record, got the file ${source}`);
    const seconds = count(values, 'seconds', 3600) || SECONDS;
    return { source, seconds, output: values.output ?? `${source.replace(/\.json$/, '')}.html` };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const [message = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(message);
  }
}

/** Records a loop for some time. Before and after, it runs as without a viewer. */
async function record(door: DoorFile, forMs: number): Promise<EventTrace> {
  let client!: DoorClient;
  const recorded = new Promise<EventTrace>((resolve, reject) => {
    client = new DoorClient(door, ({ trace }) => trace !== undefined && resolve(trace), reject);
  });
  recorded.catch(() => undefined); // `hello` is rejected also
  try {
    await client.hello;
    client.send({ level: 'record' });
    await Promise.race([recorded, sleep(forMs, null, { ref: false })]); // rejected if the program ends meanwhile
    client.send({ want: ['trace'], limit: MOST_ROWS });
    return await recorded;
  } finally {
    client[Symbol.dispose]();
  }
}

/** Returns the JSON of a trace, translated if it is of version 1: the page shows version 2. */
function readTrace(file: string): string {
  const json = readFileSync(file, 'utf8');
  let trace: unknown;
  try {
    trace = JSON.parse(json);
  } catch {
    throw new Error(`play: expected the JSON of a trace in ${file}, got something else`);
  }
  const { format, version, traceEvents } = (trace ?? {}) as Record<string, unknown>;
  if (traceEvents !== undefined) {
    throw new Error(`play: ${file} is a Chrome trace, for Perfetto: record the program to a file that ends in .html`);
  }
  if (format !== 'selectloop-trace') throw new Error(`play: expected a trace in ${file}, got other JSON`);
  if (version === 1) return JSON.stringify(fromVersion1(trace as OldTrace));
  if (version === 2) return json;
  throw new Error(`play: expected a trace of version 1 or 2 in ${file}, got version ${JSON.stringify(version)}`);
}
