/** Numbers the ids of a trace from 1, so that two recordings of one program can be equal. */

import { Code, type EventTrace, type Keyframe, type Name, type StateData } from './events.js';
import type { Recorded } from './event-log.js';

/** Which elements of an event are ids. Of a `taskStep` all from the fourth are, too. */
const IDS: Readonly<Record<number, readonly number[]>> = {
  ...{ [Code.descriptorReady]: [4, 5, 6], [Code.timerFired]: [2], [Code.handleStart]: [2], [Code.handleSkipped]: [2] },
  ...{ [Code.handleFailed]: [2, 3], [Code.handleEnd]: [2], [Code.enqueued]: [2, 3], [Code.timerScheduled]: [2] },
  ...{ [Code.timerCancelled]: [2], [Code.timerDropped]: [2], [Code.descriptorChanged]: [4, 5, 6] },
  ...{ [Code.taskCreated]: [2], [Code.taskStep]: [2], [Code.taskWaits]: [2, 3], [Code.taskCancelRequested]: [2, 3] },
  ...{ [Code.taskDone]: [2, 4], [Code.taskRenamed]: [2, 3] },
};

/** Replaces the ids, which it knows from `names`, in the order in which they were given. The events change in place. */
export function renumbered({
  lost,
  names,
  keyframes,
  events,
}: Recorded): Pick<EventTrace, 'lost' | 'names' | 'keyframes' | 'events'> {
  const ids = [...names.keys()].sort((a, b) => a - b);
  const numbers = new Map(ids.map((id, index) => [id, index + 1]));
  const number = (id: number): number => numbers.get(id) ?? 0;
  for (const event of events) renumberEvent(event as unknown as number[], number);
  return {
    lost,
    names: Object.fromEntries(ids.map((id) => [number(id), renumberName(names.get(id) as Name, number)])),
    keyframes: keyframes.map(({ at, state }): Keyframe => ({ at, state: renumberState(state, number) })),
    events,
  };
}

type Numbering = (id: number) => number;

function renumberEvent(event: number[], number: Numbering): void {
  const [code] = event;
  for (const at of IDS[code as number] ?? []) event[at] = number(event[at] as number);
  if (code !== Code.taskStep) return;
  for (let at = 4; at < event.length; at += 1) event[at] = number(event[at] as number);
}

function renumberName(name: Name, number: Numbering): Name {
  const { parent, task, future, members } = name;
  return {
    ...name,
    ...(parent === undefined ? {} : { parent: number(parent) }),
    ...(task === undefined ? {} : { task: number(task) }),
    ...(future === undefined ? {} : { future: number(future) }),
    ...(members === undefined ? {} : { members: members.map(number) }),
  };
}

function renumberState(state: StateData, number: Numbering): StateData {
  return {
    ...state,
    ready: state.ready.map(number),
    heap: state.heap.map((timer) => ({ ...timer, id: number(timer.id) })),
    descriptors: state.descriptors.map((each) => ({
      ...each,
      ...{ id: number(each.id), reader: number(each.reader), writer: number(each.writer) },
    })),
    tasks: state.tasks.map((task) => ({ ...task, id: number(task.id), waits: task.waits.map(number) })),
  };
}
