/** The event of slow callbacks for `node:diagnostics_channel`. */

import { channel } from '../platform/channels.js';
import type { Runnable } from './runnable.js';

/**
 * The message of `selectloop:callback:slow`: a callback, or a step of a task, has taken at least `loop.slowCallbackMs`. While it ran, nothing
 * else did. The loop measures while the channel has subscribers, from its next poll on.
 */
export interface SlowCallbackMessage {
  /** The task or the handle that ran. */
  readonly handle: Runnable;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** The channel of slow callbacks. */
export const slowCallbacks = channel('selectloop:callback:slow');

/** A callback was slow. */
export function publishSlowCallback(handle: Runnable, durationMs: number): void {
  slowCallbacks.publish({ handle, durationMs } satisfies SlowCallbackMessage);
}
