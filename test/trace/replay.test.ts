/** Replaying a trace gives what the loop held: its ready queue, the array of its timer heap, its registrations and its tasks. */

import {
  type EventLoop,
  type Instrument,
  type SelectorName,
  type Task,
  getRunningLoop,
  run,
  runSync,
} from 'selectloop';
import { Recorder } from 'selectloop/trace';
import { describe, expect, it } from 'vitest';

import { Continuation } from '../../lib/tasks/continuation.js';
import { Code } from '../../lib/trace/events.js';
import { type State, TraceCursor } from '../../lib/trace/replay.js';
import { selectorNames } from '../support/loops.js';
import { RandomProgram, randomNumbers } from './random-program.js';

/** What a loop holds, with the objects themselves. */
interface Truth {
  readonly at: number;
  readonly where: string;
  readonly ready: readonly object[];
  readonly heap: ReadonlyArray<readonly [timer: object, when: number, sequence: number, cancelled: boolean]>;
  readonly descriptors: ReadonlyArray<readonly [number, number, object | null, object | null]>;
  /** The tasks and what they wait for; only between two iterations. */
  readonly tasks: ReadonlyArray<readonly [task: Task, waits: readonly object[]]> | null;
}

function truthOf(loop: EventLoop, at: number, where: string): Truth {
  const { ready, heap, descriptors, tasks } = loop._state();
  const between = where === 'iterationStart';
  return {
    ...{ at, where, ready: [...ready] },
    tasks: between
      ? Array.from(tasks, (task) => [task as unknown as Task, waitsOf(task as unknown as Task)] as const)
      : null,
    heap: Array.from(heap, (timer) => [timer, timer._when, timer._sequence, timer.cancelled()] as const),
    descriptors: Array.from(
      descriptors,
      ({ fd, registered, reader, writer }) => [fd, registered, reader, writer] as const,
    ),
  };
}

function waitsOf(task: Task): readonly object[] {
  return task._waitsFor().flatMap((wait) => (wait instanceof Continuation ? wait.waitsFor() : [wait]));
}

/** An instrument that notes the truth at every stop at which the loop is consistent. */
function witness(loop: EventLoop, recorder: Recorder, truths: Truth[]): Instrument {
  let polling = false;
  const note = (where: string) => (): void => {
    if (!polling) truths.push(truthOf(loop, recorder._eventCount, where));
  };
  const stops = [
    ...['iterationStart', 'handlesReady', 'handleStart', 'handleSkipped', 'handleEnd', 'iterationEnd', 'outsideStart'],
    ...['enqueued', 'timerScheduled', 'timerFired', 'timerCancelled', 'timerDropped', 'timersCompacted'],
    ...['descriptorChanged', 'taskCreated', 'taskStep', 'taskWaits'],
  ];
  return {
    ...Object.fromEntries(stops.map((stop) => [stop, note(stop)])),
    beforeSelect: () => {
      note('beforeSelect')();
      polling = true; // the recorder notes the waiters of a descriptor before they are on the queue
    },
    afterSelect: () => {
      polling = false;
      note('afterSelect')();
    },
  };
}

/**
 * Compares objects with ids: the same object always has the same id, and no other object has it. (Only the waits of a Socket share an id
 * with earlier ones that were equal.)
 */
class Pairing {
  private readonly ids = new Map<object, number>();
  private readonly objects = new Map<number, object>();

  /** Returns the object that an id stands for; for a new id, `expected`. */
  objectOf(id: number, expected: object | null | undefined): object | null {
    if (id === 0) return null;
    const known = this.objects.get(id);
    const isNew = expected !== null && expected !== undefined && !this.ids.has(expected);
    if (!isNew || (known !== undefined && !areEqualWaits(known, expected))) return known ?? null;
    this.objects.set(id, expected);
    this.ids.set(expected, id);
    return expected;
  }

  all(ids: Iterable<number>, expected: readonly object[]): Array<object | null> {
    return Array.from(ids, (id, i) => this.objectOf(id, expected[i]));
  }
}

function areEqualWaits(a: object, b: object): boolean {
  const [x, y] = [a, b] as Array<{ _owner?: object; _direction?: string; _syscall?: string }>;
  if (x?._owner === undefined || x._owner === null) return false;
  return x._owner === y?._owner && x._direction === y._direction && x._syscall === y._syscall;
}

function compare(state: State, truth: Truth, pairing: Pairing): void {
  const { at, where } = truth;
  const message = `at event ${at}, ${where}`;
  const heap = [...state.heap];
  const same = (actual: unknown[], expected: readonly unknown[], what: string): void => {
    const equal = actual.length === expected.length && actual.every((each, i) => Object.is(each, expected[i]));
    if (!equal) expect(actual.map(String), `${what} ${message}`).toEqual(expected.map(String));
  };
  same(pairing.all(state.ready, truth.ready), truth.ready, 'ready queue');
  same(
    pairing.all(
      heap.map(({ id }) => id),
      truth.heap.map(([timer]) => timer),
    ),
    truth.heap.map(([timer]) => timer),
    'heap',
  );
  same(
    heap.flatMap(({ when, sequence }) => [when, sequence]),
    truth.heap.flatMap(([, when, sequence]) => [when, sequence]),
    'deadlines',
  );
  // A sleep that is cancelled puts its task on the ready queue before it is counted as cancelled.
  if (where !== 'enqueued') {
    same(
      heap.map(({ cancelled }) => cancelled),
      truth.heap.map(([, , , cancelled]) => cancelled),
      'cancelled timers',
    );
  }
  const descriptors = [...state.descriptors.values()].sort((a, b) => a.fd - b.fd);
  same(
    descriptors.flatMap(({ fd, events, reader, writer }, i) => [
      ...[fd, events],
      ...[pairing.objectOf(reader, truth.descriptors[i]?.[2]), pairing.objectOf(writer, truth.descriptors[i]?.[3])],
    ]),
    truth.descriptors.flat(),
    'registrations',
  );
  if (truth.tasks === null) return;
  const tasks = [...state.tasks.values()];
  const ids = tasks.map(({ id }) => id);
  same(
    pairing.all(
      ids,
      truth.tasks.map(([task]) => task),
    ),
    truth.tasks.map(([task]) => task),
    'tasks',
  );
  for (const [i, [task, waits]] of truth.tasks.entries()) {
    same(pairing.all(tasks[i]?.waits ?? [], waits), waits, `waits of ${task.getName()}`);
  }
}

/** Returns the number of stops, and the codes of the events. */
async function replayedTruth(
  seed: number,
  selector: SelectorName,
  hosted: boolean,
): Promise<{ stops: number; codes: ReadonlySet<number> }> {
  const recorder = new Recorder();
  const truths: Truth[] = [];
  const program = new RandomProgram(randomNumbers(seed), 40, hosted);
  function* main(): Generator<never, void> {
    const loop = getRunningLoop();
    loop.addInstrument(recorder);
    loop.addInstrument(witness(loop, recorder, truths));
    yield* program.main() as Generator<never, void>;
  }
  if (hosted) await run(main, { selector });
  else runSync(main, { selector });
  const trace = recorder.toTrace();
  const cursor = new TraceCursor(trace);
  const pairing = new Pairing();
  for (const truth of truths) compare(cursor.seek(truth.at), truth, pairing);
  return { stops: truths.length, codes: new Set(trace.events.map(([code]) => code)) };
}

const OUTSIDE = [Code.outsideStart, Code.outsideEnd];

describe('a replayed trace', () => {
  it.each(selectorNames.flatMap((selector) => [[selector, 'hosted'] as const, [selector, 'blocking'] as const]))(
    'holds what the loop held at every stop of random programs: %s, %s',
    async (selector, mode) => {
      let stops = 0;
      const codes = new Set<number>();
      for (let seed = 1; seed <= 2; seed += 1) {
        const replayed = await replayedTruth(seed, selector, mode === 'hosted');
        stops += replayed.stops;
        for (const code of replayed.codes) codes.add(code);
      }
      expect(stops).toBeGreaterThan(800);
      const rare = [Code.handleFailed, Code.gap, Code.detached, ...(mode === 'hosted' ? [] : OUTSIDE)];
      const expected = Object.values(Code).filter((code) => !(rare as Code[]).includes(code));
      expect([...codes].sort((x, y) => x - y)).toEqual(expected);
    },
  );
});
