/** A task whose body is a task group, in both flavours, and helpers for the tests of groups. */

import {
  ExceptionGroup,
  type Steps,
  type Task,
  type TaskGroup,
  coroutine,
  currentTask,
  sleep,
  taskGroup,
} from 'selectloop';
import { expect } from 'vitest';

import { type Outcome, type Scene } from '../tasks/both-flavours.js';

export const self = (): Task => currentTask() as Task;

export const failing = coroutine(function* (delayMs: number, message: string): Steps<never> {
  yield* sleep(delayMs);
  throw new RangeError(message);
});

/** Sleeps for a long time; its clean-up takes five milliseconds, and fails if a message is given. */
export const careful = coroutine(function* (log: unknown[], name: string, message?: string): Steps<void> {
  try {
    yield* sleep(1000);
  } finally {
    yield* sleep(5);
    log.push(`${name} cleaned up`);
    if (message !== undefined) throw new RangeError(message); // eslint-disable-line no-unsafe-finally -- the subject
  }
});

/** The errors of a group as text; nested groups become nested lists. */
export function messages(error: unknown): unknown {
  if (error instanceof ExceptionGroup) return error.errors.map(messages);
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
export const groupOf = (outcome: Outcome<unknown>): unknown => {
  expect(outcome).toHaveProperty('error');
  const { error } = outcome as { error: unknown };
  expect(error).toBeInstanceOf(ExceptionGroup);
  return messages(error);
};

/** The body of a group, in either flavour. A list of steps would hide the flavours, so a body has only one wait. */
export interface Script {
  /** Starts tasks in the group. */
  before?: (group: TaskGroup, scene: Scene) => unknown;
  /** How long the body sleeps. */
  sleepMs?: number;
  /** Receives what the sleep threw, and may throw another error. Returning swallows it. */
  onError?: (error: unknown) => void;
  after?: (group: TaskGroup, scene: Scene) => void;
}

/** Runs a group and then logs the task's count of cancellation requests. */
export const grouped = {
  *generator(scene: Scene, script: Script): Steps<string> {
    try {
      return yield* taskGroup(function* (group) {
        script.before?.(group, scene);
        try {
          if (script.sleepMs !== undefined) yield* sleep(script.sleepMs);
        } catch (error) {
          if (script.onError === undefined) throw error;
          script.onError(error);
        }
        script.after?.(group, scene);
        return 'body';
      });
    } finally {
      scene.log.push(`count ${self().cancelling()}`);
    }
  },
  async async(scene: Scene, script: Script): Promise<string> {
    try {
      return await taskGroup(async (group) => {
        script.before?.(group, scene);
        try {
          if (script.sleepMs !== undefined) await sleep(script.sleepMs);
        } catch (error) {
          if (script.onError === undefined) throw error;
          script.onError(error);
        }
        script.after?.(group, scene);
        return 'body';
      });
    } finally {
      scene.log.push(`count ${self().cancelling()}`);
    }
  },
};
