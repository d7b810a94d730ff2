/** Publishes the events of tasks to `node:diagnostics_channel`. diagnostics.ts has the types of the messages. */

import { channel } from '../platform/channels.js';

const created = channel('selectloop:task:create');
const failed = channel('selectloop:task:fail');

/** A task was created. */
export function publishTaskCreated(task: object): void {
  if (created.hasSubscribers) created.publish({ task });
}

/** A task has failed. */
export function publishTaskFailed(task: object, error: unknown): void {
  if (failed.hasSubscribers) failed.publish({ task, error });
}
