/** Runs a program and records it. */

import { checkNames, optionNames } from '../errors/index.js';
import { type Main, type RunOptions, Runner } from '../event-loop/index.js';
import { checkNotRunning } from '../loop/running-loop.js';
import { RUN_OPTIONS } from '../event-loop/runner.js';
import { Recorder } from './recorder.js';
import { RECORDER_OPTIONS, type RecorderOptions } from './recorder-options.js';

/** Options of a traced run: those of `run`, and the limits of the recorder. */
export interface TraceOptions extends RunOptions, RecorderOptions {
  /** The recorder to use, for a program that needs the trace even if main fails. Default: a new one. */
  recorder?: Recorder;
}

const OPTIONS = optionNames<TraceOptions>({ ...RUN_OPTIONS, ...RECORDER_OPTIONS, recorder: true });

/** The result of main, and the trace of the run. */
export interface Traced<T> {
  readonly result: T;
  readonly trace: Recorder;
}

/** Creates a runner with a recorder attached to its loop. */
function prepare(options: TraceOptions): { runner: Runner; recorder: Recorder; attached: Disposable } {
  checkNames('traceRun: options', options, OPTIONS);
  checkNotRunning(); // before a loop is made that could not be closed
  const { recorder: given, maxIterations, maxEventsPerIteration, maxEvents, places, ...runOptions } = options;
  const limits = { maxIterations, maxEventsPerIteration, maxEvents, places } as RecorderOptions;
  const recorder = given ?? new Recorder(limits);
  const runner = new Runner(runOptions);
  const loop = runner.getLoop();
  try {
    const attached = loop.addInstrument(recorder);
    loop._pollInEveryIteration(); // the loop is ours, and ends with the run
    return { runner, recorder, attached };
  } catch (error) {
    loop.close(); // the recorder refused the loop
    throw error;
  }
}

/**
 * Runs main as `run` does, and records the loop from its start until it is closed. Rejects with the error of main; to get the trace in
 * that case, pass a recorder.
 *
 * The loop polls in every iteration, so that each has the five steps of the guide. To record a loop as it is, with the polls that it skips
 * while handles are ready, add a {@link Recorder} to it.
 *
 * @example
 * import { sleep } from 'selectloop';
 * import { traceRun } from 'selectloop/trace';
 *
 * const { result, trace } = await traceRun(() => sleep(10, 'done'));
 * console.log(result, trace.toText().includes('waits for: sleep')); // done true
 */
export async function traceRun<T>(main: Main<T>, options: TraceOptions = {}): Promise<Traced<T>> {
  const { runner, recorder, attached } = prepare(options);
  try {
    return { result: await runner.run(main), trace: recorder };
  } finally {
    try {
      await runner.close();
    } finally {
      attached[Symbol.dispose]();
    }
  }
}

/** Runs main as `runSync` does, and records the loop; see {@link traceRun}. */
export function traceRunSync<T>(main: Main<T>, options: TraceOptions = {}): Traced<T> {
  const { runner, recorder, attached } = prepare(options);
  try {
    return { result: runner.runSync(main), trace: recorder };
  } finally {
    try {
      runner.closeSync();
    } finally {
      attached[Symbol.dispose]();
    }
  }
}
