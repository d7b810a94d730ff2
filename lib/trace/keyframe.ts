/** Keyframes: the state of a loop between two iterations, from which a trace can be replayed. */

import type { ObservedLoop, RegisteredDescriptor } from '../loop/instrument.js';
import type { DescriptorState, StateData, TaskState, TimerState } from './events.js';
import type { Taken } from './event-log.js';
import type { Identities } from './identities.js';
import type { TaskLives } from './task-lives.js';

/** Takes the state of a loop that runs no handle. @param iteration its last one */
export function takeKeyframe(
  loop: ObservedLoop,
  iteration: number,
  atMs: number,
  objects: Identities,
  lives: TaskLives,
): Taken {
  const { ready, heap, descriptors, tasks } = loop._state();
  const state: StateData = {
    ...{ atMs, iteration, station: 'outside', outside: false },
    ready: Array.from(ready, (runnable) => objects.of(runnable)),
    left: 0,
    heap: Array.from(heap, (timer): TimerState => ({
      ...{ id: objects.of(timer), when: timer._when, sequence: timer._sequence, cancelled: timer.cancelled() },
    })),
    descriptors: Array.from(descriptors, (each) => descriptorState(each, objects)),
    tasks: Array.from(tasks, (task): TaskState => {
      const { ids, futures: _, ...life } = lives.of(task);
      return { ...life, waits: ids.filter((id) => id !== 0) };
    }),
    ...{ running: 0, task: 0, ran: [], skipped: [], fired: [], select: null },
  };
  return { state, size: state.ready.length + state.heap.length + state.descriptors.length + state.tasks.length };
}

function descriptorState(descriptor: RegisteredDescriptor, objects: Identities): DescriptorState {
  const { fd, registered, reader, writer } = descriptor;
  return {
    ...{ fd, id: objects.ofDescriptor(descriptor, false), events: registered },
    reader: reader === null ? 0 : objects.of(reader),
    writer: writer === null ? 0 : objects.of(writer),
  };
}
