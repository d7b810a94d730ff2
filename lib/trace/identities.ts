/**
 * The ids of what a recorder sees, and their names.
 *
 * An object keeps its id in a property of its own. (A WeakMap would need no property, but when its keys live as short as a wait does, the
 * garbage collector takes several microseconds for each of them: ten times as long as all else that is recorded of a message.) The ids of
 * all recorders of a thread come from one sequence, so that recorders can share the property.
 */

import type { AwaitedFuture, ReadyDescriptor } from '../loop/instrument.js';
import type { Runnable } from '../loop/runnable.js';
import { Continuation } from '../tasks/continuation.js';
import { Task, isFuture } from '../tasks/index.js';
import type { EventLog } from './event-log.js';
import type { Name, Place } from './events.js';
import { placeOf } from './places.js';
import { describeCoroutine, describeHandle, describeSocket, describeWait } from './names.js';

const idMark = Symbol('id in traces');
/** On the owner of a descriptor: its description when it was first ready. */
const whatMark = Symbol('description in traces');

/** The segment whose names last got the name of the object. */
const segmentMark = Symbol('segment of traces');
/** On a Socket: the ids of its waits, by direction. */
const waitsMark = Symbol('waits in traces');

interface Marked {
  [idMark]?: number;
  [segmentMark]?: number;
  [waitsMark]?: { reader: KnownWait | null; writer: KnownWait | null };
  [whatMark]?: string;
}

interface KnownWait {
  readonly id: number;
  readonly syscall: string;
  readonly place: Place | null;
}

/** A wait for a Socket to be ready: see lib/sock/readiness.ts. */
interface ReadinessWait {
  readonly _owner: object | null;
  readonly _direction: 'reader' | 'writer';
  readonly _syscall: string;
}

let lastId = 0;

function newId(): number {
  lastId += 1;
  return lastId;
}

/** Marks an object, unless it is frozen: it then has another id at each event, which no trace of a program shows. */
function mark(object: Marked, id: number, segment: number): void {
  try {
    object[idMark] = id;
    object[segmentMark] = segment;
  } catch {
    // frozen
  }
}

/** Gives ids to objects, and their names to a log. */
export class Identities {
  /** The ids of descriptors of which only the number is known, or which belong to the loop. */
  private readonly numbers = new Map<number, { readonly id: number; readonly purpose: string | null }>();

  private lastWait: Name = { kind: 'wait', name: '' };

  /** @param log the log whose current segment has to have the name of each id that is returned */
  constructor(private readonly log: EventLog) {}

  /** Returns the id of a task, a handle, a wait, or a future. */
  of(object: Runnable | AwaitedFuture): number {
    const { [segmentMark]: segment, [idMark]: id } = object as Marked;
    return segment === this.log.segmentNumber && id !== undefined ? id : this.introduce(object, id);
  }

  /** Returns the id of a new task, with the id of what created it. */
  ofNewTask(task: Runnable, parent: number): number {
    const id = this.of(task);
    if (parent !== 0) this.log.names.set(id, { ...(this.log.names.get(id) as Name), parent });
    return id;
  }

  /** Returns the id of a text: of an error, or of the new name of a task. */
  ofText(kind: 'error' | 'result' | 'rename', name: string): number {
    const id = newId();
    this.log.names.set(id, { kind, name });
    return id;
  }

  /** Returns the id of a descriptor. @param ready whether it is reported as ready, which settles its description */
  ofDescriptor({ fd, owner, purpose }: ReadyDescriptor, ready: boolean): number {
    if (owner === null) return this.ofNumber(fd, purpose);
    const marked = owner as Marked;
    const { names, segmentNumber } = this.log;
    let id = marked[idMark];
    if (id !== undefined && marked[segmentMark] === segmentNumber && (!ready || marked[whatMark] !== undefined))
      return id;
    mark(marked, (id ??= newId()), segmentNumber);
    if (ready && marked[whatMark] === undefined) {
      // Described once: it takes system calls, and at the next event the peer may be gone.
      marked[whatMark] = describeSocket(owner) ?? '';
      names.delete(id);
    }
    if (!names.has(id)) names.set(id, { kind: 'descriptor', name: marked[whatMark] ?? describeSocket(owner) ?? '' });
    return id;
  }

  private ofNumber(fd: number, purpose: string | null): number {
    let known = this.numbers.get(fd);
    if (known?.purpose !== purpose) this.numbers.set(fd, (known = { id: newId(), purpose }));
    const { names } = this.log;
    if (!names.has(known.id)) {
      const name: Name = { kind: 'descriptor', name: purpose ?? '' };
      names.set(known.id, purpose === null ? name : { ...name, internal: true });
    }
    return known.id;
  }

  private introduce(object: Runnable | AwaitedFuture, known: number | undefined): number {
    const { names, segmentNumber } = this.log;
    const id = known ?? ofWait(object as Partial<ReadinessWait>) ?? newId();
    mark(object as Marked, id, segmentNumber);
    if (!names.has(id)) names.set(id, this.describe(object));
    return id;
  }

  /** Returns the name of a wait: the same object for one text, such as "sleep", again and again. */
  private wait(name: string, place: Place | undefined): Name {
    const last = this.lastWait;
    if (last.name !== name || last.place !== place) this.lastWait = withPlace({ kind: 'wait', name }, place);
    return this.lastWait;
  }

  private describe(object: Runnable | AwaitedFuture): Name {
    if (object instanceof Task) {
      const name: Name = { kind: 'task', name: object.getName(), function: describeCoroutine(object._label) };
      return withPlace(name, placeOf(object) ?? undefined);
    }
    if (isFuture(object)) {
      return 'getName' in object
        ? { kind: 'task', name: object.toString() } // of another copy of the library
        : this.wait(describeWait(object), placeOf(object) ?? undefined);
    }
    if (object instanceof Continuation) {
      const task = this.of(object.owner);
      return { kind: 'continuation', name: object._describeWait(), task };
    }
    const { kind, name } = describeHandle(object as Runnable);
    const { future, task } = object as { future?: AwaitedFuture; task?: Runnable | null };
    if (kind === 'wait' && future !== undefined) {
      const of = { kind, name, future: this.of(future) };
      return task === undefined || task === null ? of : { ...of, task: this.of(task) };
    }
    const plain: Name = { kind: kind === 'outside' || kind === 'wait' ? 'callback' : kind, name };
    return withPlace(plain, placeOf(object) ?? undefined);
  }
}

function withPlace(name: Name, place: Place | undefined): Name {
  return place === undefined ? name : { ...name, place };
}

/**
 * Returns the id of a wait for a Socket, which is that of the last equal one, at the same place: a connection waits in the same way after
 * each message, and never twice at once. Null for any other object.
 */
function ofWait(wait: Partial<ReadinessWait>): number | null {
  const { _owner: owner, _direction: direction, _syscall: syscall } = wait;
  if (owner === null || owner === undefined || direction === undefined || syscall === undefined) return null;
  const waits = ((owner as Marked)[waitsMark] ??= { reader: null, writer: null });
  const last = waits[direction];
  const place = placeOf(wait);
  if (last?.syscall === syscall && last.place === place) return last.id;
  const id = newId();
  waits[direction] = { id, syscall, place };
  return id;
}
