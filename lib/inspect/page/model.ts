/**
 * What the views show: a state of the loop, and the names of what is in it. The player makes one for each stop; a page that watches a
 * running loop makes one of each snapshot.
 */

import type { EventTrace, Name, OUTCOMES, Place, TaskState } from '../../trace/events.js';
import type { State } from '../../trace/replay.js';

/** How the main task has ended: the first one, which no other has created. */
export interface Ending {
  readonly task: number;
  readonly outcome: (typeof OUTCOMES)[number];
  /** The result or the error; 0: not recorded. */
  readonly what: number;
  /** False if others have ended by themselves after it. */
  readonly isLast: boolean;
  /** The last handle of all. */
  readonly handle: number;
}

/** What a model is made of: the parts of a trace that do not change from stop to stop. */
export type Subject = Pick<EventTrace, 'program' | 'beganMs' | 'names' | 'sources'>;

const UNKNOWN: Name = { kind: 'callback', name: 'unknown' };

/** A state, with answers to what the views ask about it. Valid until the state changes. */
export class Model {
  private waiters: Map<number, number> | null = null;
  private deadlines: Map<number, number> | null = null;
  private queued: { readonly ready: Set<number>; readonly woken: Set<number> } | null = null;

  constructor(
    readonly subject: Subject,
    readonly state: State,
    /** The names of tasks that have new ones. */
    private readonly renamed: ReadonlyMap<number, string> = new Map(),
    /** How the main task will have ended at the end; null: it will not, or is not known. */
    readonly ending: Ending | null = null,
  ) {}

  name(id: number): Name {
    return this.subject.names[id] ?? UNKNOWN;
  }

  /** The name to show. */
  label(id: number): string {
    return this.renamed.get(id) ?? this.name(id).name;
  }

  /** The function of a task, unless it has no name. */
  functionOf(id: number): string {
    const { function: name = '' } = this.name(id);
    return name === 'anonymous()' || name === 'generator' ? '' : name;
  }

  /** The task that the object is, that it resumes, or that waits for it; 0: none. */
  taskOf(id: number): number {
    const { kind, task, wakes } = this.name(id);
    if (kind === 'task') return id;
    if ((task ?? wakes) !== undefined) return task ?? wakes ?? 0;
    const { state } = this;
    if (id === state.running && state.task !== 0) return state.task;
    return this.waiter(id) ?? state.ran.find((ran) => ran.id === id)?.task ?? 0;
  }

  private waiter(id: number): number | undefined {
    if (this.waiters === null) {
      this.waiters = new Map();
      for (const task of this.state.tasks.values()) for (const wait of task.waits) this.waiters.set(wait, task.id);
    }
    return this.waiters.get(id);
  }

  /**
   * What a task does: it `runs`; its step is on the ready queue (`ready`); a handle on the queue will schedule its step, because what it
   * waits for is done (`woken`); it `waits`.
   */
  stateOf({ id, waits }: TaskState): 'runs' | 'ready' | 'woken' | 'waits' {
    if (id === this.state.task) return 'runs';
    if (this.queued === null) {
      this.queued = { ready: new Set(), woken: new Set() };
      for (const handle of [...this.state.ready, this.state.running].filter((each) => each !== 0))
        this.queued[this.name(handle).wakes === undefined ? 'ready' : 'woken'].add(this.taskOf(handle));
    }
    if (waits.length === 0 || this.queued.ready.has(id)) return 'ready';
    return this.queued.woken.has(id) ? 'woken' : 'waits';
  }

  /** The milliseconds until the deadline of a timer in the heap; undefined if it is not there. */
  dueIn(id: number): number | undefined {
    if (this.deadlines === null) {
      this.deadlines = new Map();
      for (const timer of this.state.heap) this.deadlines.set(timer.id, timer.when);
    }
    const when = this.deadlines.get(id);
    return when === undefined ? undefined : this.untilDue(when);
  }

  /** The milliseconds from now until a time of the loop. */
  untilDue(when: number): number {
    return when - this.subject.beganMs - this.state.atMs;
  }

  /** The tasks that a task waits for: one directly, or the members of a gather or a group. */
  awaited(task: number): number[] {
    const found = new Set<number>();
    for (const wait of this.state.tasks.get(task)?.waits ?? []) this.addTasks(wait, found, 0);
    found.delete(task);
    return [...found];
  }

  private addTasks(id: number, found: Set<number>, depth: number): void {
    const { kind, future, members } = this.name(id);
    if (kind === 'task') {
      if (this.state.tasks.has(id)) found.add(id);
    } else if (depth < 4) {
      if (future !== undefined) this.addTasks(future, found, depth + 1);
      for (const member of members ?? []) this.addTasks(member, found, depth + 1);
    }
  }

  /**
   * What belongs to an object: a task with its waits, its timers and its descriptors, and the reverse. The tasks that a task waits for are
   * not included: at the end of that chain everything belongs to main.
   */
  related(id: number | null): Set<number> {
    const found = new Set<number>();
    if (id === null) return found;
    const add = (each: number | undefined): void => {
      if (each !== undefined && each !== 0) found.add(each);
    };
    add(id);
    for (const { id: descriptor, reader, writer } of this.state.descriptors.values()) {
      if (descriptor === id) [reader, writer].forEach(add);
    }
    const tasks = new Set([...found].map((each) => this.taskOf(each)).filter((each) => each !== 0));
    for (const task of tasks) {
      add(task);
      for (const wait of this.state.tasks.get(task)?.waits ?? []) {
        if (this.name(wait).kind === 'task') continue;
        add(wait);
        const { future } = this.name(wait);
        if (future !== undefined && this.name(future).kind !== 'task') add(future);
      }
    }
    for (const { id: descriptor, reader, writer } of this.state.descriptors.values()) {
      if (found.has(reader) || found.has(writer)) add(descriptor);
    }
    for (const handle of [...this.state.ready, this.state.running]) if (tasks.has(this.taskOf(handle))) add(handle);
    return found;
  }

  /** The line where a task waits. */
  waitingPlace(task: number): Place | undefined {
    for (const wait of this.state.tasks.get(task)?.waits ?? []) {
      const { kind, place } = this.name(wait);
      if (place !== undefined && kind !== 'task') return place;
    }
    return undefined;
  }

  /** The line of the program where an object is: for a task and what resumes it, the line where it waits, or that has created it. */
  place(id: number): Place | undefined {
    const task = this.taskOf(id);
    return this.waitingPlace(task) ?? this.name(id).place ?? this.name(task).place;
  }
}
