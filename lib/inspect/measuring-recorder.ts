/** The level `record`: one instrument that records and measures, so that the loop calls one, and the clock is read once. */

import type { Runnable } from '../loop/runnable.js';
import { Recorder } from '../trace/recorder.js';
import type { RecorderOptions } from '../trace/recorder-options.js';
import type { Measure } from './measure.js';

export class MeasuringRecorder extends Recorder {
  constructor(
    private readonly measure: Measure,
    options: RecorderOptions,
  ) {
    super(options);
  }

  override handleStart(handle: Runnable): void {
    super.handleStart(handle);
    this.measure.begin();
  }

  override taskStep(task: Runnable): void {
    super.taskStep(task);
    this.measure.taskStep(task);
  }

  override handleEnd(handle: Runnable): void {
    super.handleEnd(handle);
    this.measure.end(handle, this._handleMs);
  }

  override iterationEnd(): void {
    super.iterationEnd();
    this.measure.iterationEnd();
  }
}
