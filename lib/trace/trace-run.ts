/** Running a program and recording it. */

import { type Main, type RunOptions, Runner } from '../event-loop/index.js';
import { Recorder, type RecorderOptions } from './recorder.js';

/** How a traced run is made: what `run` takes, and how much is kept. */
export interface TraceOptions extends RunOptions, RecorderOptions {
  /** The recorder to use, for a program that wants its trace also when main fails. Default: a new one. */
  recorder?: Recorder;
}

/** The result of main, and how it came about. */
export interface Traced<T> {
  readonly result: T;
  readonly trace: Recorder;
}

/** The runner, and the recorder that is attached to its loop. */
function prepare(options: TraceOptions): { runner: Runner; recorder: Recorder; attached: Disposable } {
  const { recorder = new Recorder(options), maxIterations: _, maxEventsPerIteration: __, ...runOptions } = options;
  const runner = new Runner(runOptions);
  const loop = runner.getLoop();
  try {
    return { runner, recorder, attached: loop.addInstrument(recorder) };
  } catch (error) {
    loop.close(); // the recorder has refused
    throw error;
  }
}

/**
 * `run`, recorded from its beginning until its loop is closed. What main throws, it throws too: to have the trace then, pass a
 * recorder of your own.
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

/** `runSync`, recorded in the same way. */
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
