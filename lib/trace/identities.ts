/**
 * The ids of what a recorder sees, and their names.
 *
 * The identity of an object is one of its properties. (A WeakMap would need no property, but when its keys live as short as a wait does, the
 * garbage collector takes several microseconds for each of them: ten times as long as all else that is recorded of a message.) The ids of
 * all recorders of a thread come from one sequence, so that recorders can share the property.
 */

import type { AwaitedFuture, ReadyDescriptor } from '../loop/instrument.js';
import type { Runnable } from '../loop/runnable.js';
import { belongsToKernel } from '../platform/kernel-state.js';
import { Continuation } from '../tasks/continuation.js';
import { Task, isFuture } from '../tasks/index.js';
import type { EventLog } from './event-log.js';
import type { Name, Place } from './events.js';
import { placeOf } from './places.js';
import { describeCoroutine, describeHandle, describeSocket, describeWait } from './names.js';

const mark = Symbol('identity in traces');
/** On the owner of a descriptor: its description when it was first ready. */
const whatMark = Symbol('description in traces');
/** On a Socket: the identities of its waits, by direction. */
const waitsMark = Symbol('waits in traces');

/** One property for both: most objects are new, and each property that is added to one takes memory. */
interface Identity {
  readonly id: number;
  /** The segment whose names last got its name. */
  segment: number;
}

interface Marked {
  [mark]?: Identity;
  [waitsMark]?: { reader: KnownWait | null; writer: KnownWait | null };
  [whatMark]?: string;
}

interface KnownWait extends Identity {
  readonly syscall: string;
  readonly place: Place | null;
  /** The last wait that had it. */
  wait: Partial<AwaitedFuture>;
}

/** A wait of a task for a Socket: see lib/sock/readiness.ts and batched-send.ts. */
interface SocketWait extends AwaitedFuture {
  readonly _owner: object | null;
  readonly _direction: 'reader' | 'writer';
  readonly _syscall: string;
}

let lastId = 0;

belongsToKernel(() => {
  const outer = lastId;
  lastId = 0;
  return () => (lastId = outer);
});

function newId(): number {
  lastId += 1;
  return lastId;
}

/** Marks an object, unless it is frozen: it then has another id at each event, which no trace of a program shows. */
function marked(object: Marked, identity: Identity): Identity {
  try {
    object[mark] = identity;
  } catch {
    // frozen
  }
  return identity;
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
    const identity = (object as Marked)[mark];
    return identity?.segment === this.log.segmentNumber ? identity.id : this.introduce(object, identity);
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
    const object = owner as Marked;
    const { names, segmentNumber } = this.log;
    const known = object[mark];
    const isDescribed = !ready || object[whatMark] !== undefined;
    if (known !== undefined && known.segment === segmentNumber && isDescribed) return known.id;
    const identity = known ?? marked(object, { id: newId(), segment: segmentNumber });
    identity.segment = segmentNumber;
    const { id } = identity;
    if (!isDescribed) {
      // Described once: it takes system calls, and at the next event the peer may be gone.
      object[whatMark] = describeSocket(owner) ?? '';
      names.delete(id);
    }
    if (!names.has(id)) names.set(id, { kind: 'descriptor', name: object[whatMark] ?? describeSocket(owner) ?? '' });
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

  private introduce(object: Runnable | AwaitedFuture, known: Identity | undefined): number {
    const { names, segmentNumber } = this.log;
    const identity =
      known ?? marked(object as Marked, identityOfWait(object) ?? { id: newId(), segment: segmentNumber });
    const { id } = identity;
    identity.segment = segmentNumber;
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
 * Returns the identity of a wait for a Socket, which is that of the last equal one, at the same place, if that is over: a connection waits in
 * the same way after each message. Null for any other object.
 */
function identityOfWait(wait: Partial<SocketWait>): Identity | null {
  const { _owner: owner, _direction: direction, _syscall: syscall } = wait;
  if (owner === null || owner === undefined || direction === undefined || syscall === undefined) return null;
  const waits = ((owner as Marked)[waitsMark] ??= { reader: null, writer: null });
  const last = waits[direction];
  const place = placeOf(wait);
  if (last?.syscall === syscall && last.place === place && last.wait.done?.() === true) {
    last.wait = wait;
    return last;
  }
  const identity: KnownWait = { id: newId(), segment: 0, syscall, place, wait };
  waits[direction] = identity;
  return identity;
}
