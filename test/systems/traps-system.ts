/** Runs programs on the operating system of `examples/traps`. */

import { type Socket as RawSocket, socketpair } from 'selectloop/sockets';
import { vi } from 'vitest';

import { type Program, Scheduler } from '../../examples/traps/os.js';
import { NewTask } from '../../examples/traps/system-calls.js';

type Body = (log: unknown[]) => Program<unknown>;

/** Runs a program as the only task, with those it makes; returns what was logged, and what went to stderr. */
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

/** A pair of sockets; everything is closed at the end of the body. */
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

/** Starts a task; its number. */
export const spawn = (program: Program<unknown>): Program<number> =>
  (function* () {
    return (yield new NewTask(program)) as number;
  })();
