/** The events that the library publishes through `node:diagnostics_channel`. */

import type { SlowCallbackMessage } from '../loop/diagnostics.js';
import type { TaskCreateMessage, TaskFailMessage } from '../tasks/diagnostics.js';
import type { ConnectionCloseMessage, ConnectionOpenMessage } from '../transports/diagnostics.js';

/**
 * The channels of `node:diagnostics_channel` that the library publishes to, with the messages that their subscribers receive.
 *
 * A subscriber is called synchronously, while the loop runs, so it must be fast. An error that it throws is an uncaught exception of the process,
 * as with every channel. A channel without subscribers costs a test of one flag, per task or connection. Messages hold the
 * objects themselves: a subscriber that keeps one keeps its task or its connection alive.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel';
 *
 * import { type DiagnosticsMessages, createTask, gather, run } from 'selectloop';
 *
 * subscribe('selectloop:task:fail', (message) => {
 *   const { task, error } = message as DiagnosticsMessages['selectloop:task:fail'];
 *   console.log(task.getName(), String(error)); // parser RangeError: too long
 * });
 *
 * await run(async () => {
 *   const task = createTask(
 *     async () => {
 *       throw new RangeError('too long');
 *     },
 *     { name: 'parser' },
 *   );
 *   await gather([task], { returnExceptions: true });
 * });
 */
export interface DiagnosticsMessages {
  'selectloop:connection:open': ConnectionOpenMessage;
  'selectloop:connection:close': ConnectionCloseMessage;
  'selectloop:task:create': TaskCreateMessage;
  'selectloop:task:fail': TaskFailMessage;
  'selectloop:callback:slow': SlowCallbackMessage;
}
