/** `selectloop play`: makes a page that shows a trace. */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { htmlOfText } from '../trace/html.js';
import { UsageError } from './command-line.js';
import { type OldTrace, fromVersion1 } from './from-version-1.js';

/** The lines of `--help`. */
export const playUsage = `selectloop play TRACE.json [-o PAGE.html]: a page that shows what the loop did, step by step
  -o, --output FILE   the page; without it, TRACE.html`;

/** Reads the trace and writes the page. */
export function playCommand(args: readonly string[]): void {
  const { file, output } = parse(args);
  const page = htmlOfText(readTrace(file));
  writeFileSync(output, page);
  process.stdout.write(`player written to ${output}\n`);
}

function parse(args: readonly string[]): { file: string; output: string } {
  try {
    const options = { output: { type: 'string', short: 'o' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) {
      throw new UsageError(`play: expected one trace, got ${positionals.length}`);
    }
    return { file, output: values.output ?? `${file.replace(/\.json$/, '')}.html` };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const [message = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(message);
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
