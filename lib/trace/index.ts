/** `selectloop/trace`: records what a loop does, as text or for Perfetto. */

export type {
  AwaitedFuture,
  Instrument,
  LoopState,
  ObservedLoop,
  ReadyDescriptor,
  RegisteredDescriptor,
  TaskOutcome,
} from '../loop/instrument.js';
export type { ChromeTraceEvent } from './chrome-event.js';
export type { ChromeTrace } from './chrome-trace.js';
export type {
  DescriptorState,
  EventTrace,
  Keyframe,
  Name,
  NameKind,
  Place,
  ProgramData,
  RanState,
  SelectState,
  StateData,
  Station,
  TaskState,
  TimerState,
  TraceEvent,
} from './events.js';
export { Recorder } from './recorder.js';
export type { EventTraceOptions, HTMLOptions, RecorderOptions } from './recorder-options.js';
export type { TextOptions } from './text.js';
export type {
  SelectLimit,
  TaskCancelRequested,
  TaskCreated,
  TaskDone,
  TaskRuns,
  TaskWaits,
  TimerChanged,
  TraceData,
  TracedDescriptor,
  TracedEvent,
  TracedHandle,
  TracedIteration,
  TracedSelect,
  TracedTask,
  TracedTimer,
} from './trace-data.js';
export { type TraceOptions, type Traced, traceRun, traceRunSync } from './trace-run.js';
