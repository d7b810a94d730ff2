/** Runs programs on the operating system of `examples/traps`. */

import { type Socket as RawSocket, socketpair } from 'selectloop/sockets';
import { vi } from 'vitest';

import { type Program, Scheduler } from '../../examples/traps/os.js';
import { NewTask } from '../../examples/traps/system-calls.js';

type Body = (log: unknown[]) => Program<unknown>;

/** Runs a program as the first task. Returns what it logged, and what the system printed to stderr. */
export function execute(body: Body, os = new Scheduler({ quiet: true })): { log: unknown[]; complaints: string[] } {
  const log: unknown[] = [];
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  try {
    os.spawn(body(log));
    os.mainloop();
    return { log, complaints: error.mock.calls.map((parts) => parts.map(String).join(' ')) };
  } finally {
    error.mockRestore();
  }
}

/** Runs `body` with a pair of connected sockets, and closes both. */
export function* withPair(body: (ours: RawSocket, theirs: RawSocket) => Program): Program {
  const [ours, theirs] = socketpair();
  try {
    for (const socket of [ours, theirs]) socket.setBlocking(false);
    yield* body(ours, theirs);
  } finally {
    ours.close();
    theirs.close();
  }
}

/** Starts a task and returns its number. */
export const spawn = (program: Program<unknown>): Program<number> =>
  (function* () {
    return (yield new NewTask(program)) as number;
  })();
