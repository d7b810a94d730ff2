/** What the servers on selectloop share: their command line, how they start, and how they say that they listen. */

import { parseArgs } from 'node:util';

import { run, runSync } from 'selectloop';

/** How much one receive takes at most, in every server that is compared. */
export const CHUNK_BYTES = 256 * 1024;

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        selector: { type: 'string', default: 'epoll' },
        backlog: { type: 'string', default: '4096' },
        blocking: { type: 'boolean', default: false },
      },
    });
    return { ...values, backlog: Number(values.backlog) };
  } catch (error) {
    process.stderr.write(`${error.message.split(/\.\s/)[0]}\n`);
    process.exit(2);
  }
}

const options = readOptions();

/** How many connections may wait to be accepted. */
export const { backlog } = options;

/** Runs a server until it is killed: beside Node's loop, or with `--blocking` in its place. */
export async function serve(main) {
  const { selector, blocking } = options;
  if (blocking) runSync(main, { selector });
  else await run(main, { selector });
}

/** Tells the benchmark that clients may come. */
export function announce({ port }) {
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}
