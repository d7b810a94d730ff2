/** Runs a program of the playground on a simulated kernel, and records what the loop, the kernel and the wire do. */

import * as library from '../index.js';
import { onLoopCreated } from '../loop/created.js';
import { useBinding } from '../native/binding.js';
import { inspect } from '../platform/describe.js';
import { simulatedBinding } from '../simulation/binding.js';
import { Kernel } from '../simulation/kernel/kernel.js';
import { NANOSECONDS_PER_MS } from '../simulation/time/clock.js';
import { socketsOf } from '../simulation/world/socket-table.js';
import type { Name } from '../trace/events.js';
import { Recorder } from '../trace/recorder.js';
import { loggedCalls } from './logged-calls.js';
import { PROGRAM_FILE, problemOf } from './program.js';
import type { Line, Moment, Recording, Sent, Sockets, Wire } from './recording.js';

/** The most waits of a program, after which it is stopped: what follows could not be shown. */
const MOST_WAITS = 5000;

/** What `evaluate` gets: the variables of the program. */
export interface Surroundings {
  readonly library: Readonly<Record<string, unknown>>;
  readonly console: Readonly<Record<string, (...values: unknown[]) => void>>;
}

let record: ((loop: Parameters<Parameters<typeof onLoopCreated>[0]>[0]) => void) | null = null;
let listens = false;

/** Calls `fn` for each loop that is created until the next call. */
function recordLoops(fn: typeof record): void {
  record = fn;
  if (!listens) onLoopCreated((loop) => record?.(loop));
  listens = true;
}

/** A random number generator with a fixed seed (mulberry32): the same packets are lost in each run. */
function seeded(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Runs a program to its end. It throws nothing: an error of the program is the `problem` of the recording.
 *
 * @param text its source, for the trace
 * @param file the name that the engine has for it
 * @param evaluate runs it, synchronously
 */
export function runProgram(
  text: string,
  file: string,
  wire: Wire,
  evaluate: (surroundings: Surroundings) => void,
): Recording {
  const kernel = new Kernel({ random: seeded() });
  const loopback = kernel.network.link(kernel.host, kernel.host).settings;
  loopback.latencyNs = wire.latencyMs * NANOSECONDS_PER_MS;
  loopback.loss = wire.loss;
  const recorder = new Recorder({ places: true });
  const moment = (): Moment => ({ event: recorder._eventCount, atMs: kernel.clock.now / NANOSECONDS_PER_MS });

  const output: Line[] = [];
  const calls: Line[] = [];
  const sockets: Sockets[] = [];
  const packets: Sent[] = [];
  const sent = new Map<object, Sent>();
  let shown = '';
  const look = (): void => {
    const rows = socketsOf(kernel.host, kernel.descriptors);
    const state = JSON.stringify(rows);
    if (state !== shown) sockets.push({ ...moment(), rows });
    shown = state;
  };
  kernel.network.watch(
    (packet) => {
      const entry: Sent = { ...moment(), text: packet.text, arrival: null };
      sent.set(packet, entry);
      packets.push(entry);
    },
    (packet) => {
      const entry = sent.get(packet);
      if (entry !== undefined) entry.arrival = moment();
    },
  );
  const print = (...values: unknown[]): void => {
    const line = values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ');
    for (const each of line.split('\n')) output.push({ ...moment(), text: each });
  };

  let waits = 0;
  const binding = loggedCalls(
    simulatedBinding(kernel),
    () => {
      waits += 1;
      if (waits > MOST_WAITS)
        throw new Error(`the program has waited ${MOST_WAITS} times, and is stopped: the playground shows no more`);
    },
    (call) => {
      calls.push({ ...moment(), text: call });
      look();
    },
  );
  let recorded = false;
  recordLoops((loop) => {
    if (recorded) return;
    recorded = true;
    loop.addInstrument(recorder);
    loop._pollInEveryIteration();
  });
  let problem: Recording['problem'] = null;
  const kernelInUse = useBinding(binding);
  try {
    evaluate({ library, console: { log: print, info: print, warn: print, error: print, debug: print } });
  } catch (error) {
    problem = problemOf(error, file);
  } finally {
    kernelInUse[Symbol.dispose]();
    recordLoops(null);
  }
  return { trace: recorded ? traceOf(recorder, text, file) : null, output, calls, sockets, packets, problem };
}

function traceOf(recorder: Recorder, text: string, file: string): NonNullable<Recording['trace']> {
  const trace = recorder.toTrace();
  const names = Object.entries(trace.names).map(([id, name]): [string, Name] => [
    id,
    name.place?.file === file ? { ...name, place: { ...name.place, file: PROGRAM_FILE } } : name,
  ]);
  return {
    ...trace,
    names: Object.fromEntries(names),
    program: { ...trace.program, title: 'program.js', pid: 1, node: '', selectloop: '' },
    sources: { [PROGRAM_FILE]: text },
  };
}
