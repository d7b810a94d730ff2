/** Shared by the servers on selectloop: reads the command line, runs the server, and prints its port. */

import { parseArgs } from 'node:util';

import { run, runSync } from 'selectloop';

/** The maximum size of one receive, in every server that is compared. */
export const CHUNK_BYTES = 256 * 1024;

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        selector: { type: 'string', default: 'epoll' },
        backlog: { type: 'string', default: '4096' },
        blocking: { type: 'boolean', default: false },
        api: { type: 'string', default: 'sock' },
      },
    });
    return { ...values, backlog: Number(values.backlog) };
  } catch (error) {
    process.stderr.write(`${error.message.split(/\.\s/)[0]}\n`);
    process.exit(2);
  }
}

/** The options of the command line. */
export const options = readOptions();

/** The backlog of the listening socket. */
export const { backlog } = options;

/** Runs a server until it is killed: hosted on Node's loop, or on a blocking loop with `--blocking`. */
export async function serve(main) {
  const { selector, blocking } = options;
  if (blocking) runSync(main, { selector });
  else await run(main, { selector });
}

/** Prints the port. The benchmark waits for this line before it connects. */
export function announce({ port }) {
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}
