/** The tracks of tasks in a Chrome trace: slices for their steps and for the waits between them. */

import { type ChromeTraceEvent, duration, microseconds } from './chrome-event.js';
import type { TaskCancelRequested, TaskDone, TaskRuns, TaskWaits, TracedTask } from './trace-data.js';

interface Track {
  readonly tid: number;
  task: TracedTask;
  /** The current slice, a step or a wait, which has not ended. */
  open: { readonly cat: 'step' | 'wait'; name: string; readonly startMs: number } | null;
  /** The arrow that leads to its first step. */
  arrow: { readonly id: number; readonly tid: number; readonly ts: number } | null;
}

/** Collects the events of tasks, one track per task. */
export class TaskTracks {
  private readonly tracks = new Map<number, Track>();
  private readonly events: ChromeTraceEvent[] = [];

  constructor(
    private readonly pid: number,
    private readonly firstTid: number,
  ) {}

  /** Records that a task was created, and waits for its first step. */
  created(task: TracedTask, atMs: number): void {
    this.trackOf(task).open = { cat: 'wait', name: 'ready to begin', startMs: atMs };
  }

  /** Adds an arrow from where the task was created to its first step. */
  arrowFrom(task: TracedTask, id: number, tid: number, atMs: number): void {
    this.trackOf(task).arrow = { id, tid, ts: microseconds(atMs) };
  }

  /** Records an event of a task. */
  note(event: TaskRuns | TaskWaits | TaskCancelRequested | TaskDone): void {
    const track = this.trackOf(event.task);
    switch (event.type) {
      case 'task-runs':
        this.close(track, event.atMs, {});
        track.open = { cat: 'step', name: event.begins ? 'begins' : 'resumes', startMs: event.atMs };
        this.endArrow(track, event.atMs);
        break;
      case 'task-waits': {
        const what = event.for ?? 'the next iteration';
        // Concurrent waits of an async function share one slice.
        if (track.open?.cat === 'wait') track.open.name += `, ${what}`;
        else this.close(track, event.atMs, {});
        track.open ??= { cat: 'wait', name: `waits for ${what}`, startMs: event.atMs };
        break;
      }
      case 'task-cancel': {
        const at = { pid: this.pid, tid: track.tid, ts: microseconds(event.atMs) };
        this.events.push({ ph: 'i', name: 'cancel()', cat: 'task', ...at, s: 't' });
        break;
      }
      case 'task-done': {
        const { outcome, error } = event;
        this.close(track, event.atMs, { outcome, ...(error === null ? {} : { error }) });
        break;
      }
    }
  }

  /** Returns all slices, and the task of each track. */
  finish(endMs: number): { tasks: ReadonlyArray<{ tid: number; task: TracedTask }>; events: ChromeTraceEvent[] } {
    for (const track of this.tracks.values()) this.close(track, endMs, { unfinished: true });
    return { tasks: [...this.tracks.values()], events: this.events };
  }

  private trackOf(task: TracedTask): Track {
    let track = this.tracks.get(task.id);
    if (track === undefined) {
      track = { tid: this.firstTid + task.id, task, open: null, arrow: null };
      this.tracks.set(task.id, track);
    }
    track.task = task; // it may have been renamed
    return track;
  }

  private close(track: Track, endMs: number, args: Readonly<Record<string, unknown>>): void {
    if (track.open === null) return;
    const { cat, name, startMs } = track.open;
    const dur = duration(startMs, endMs);
    this.events.push({ ph: 'X', name, cat, pid: this.pid, tid: track.tid, ts: microseconds(startMs), dur, args });
    track.open = null;
  }

  private endArrow(track: Track, atMs: number): void {
    if (track.arrow === null) return;
    const { id, tid, ts } = track.arrow;
    const arrow = { name: 'created', cat: 'flow', pid: this.pid, id };
    this.events.push({ ph: 's', ...arrow, tid, ts });
    this.events.push({ ph: 'f', bp: 'e', ...arrow, tid: track.tid, ts: microseconds(atMs) });
    track.arrow = null;
  }
}
