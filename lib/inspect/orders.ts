/** What the loop does for a viewer: makes the table that the inspector thread asks for. */

import { isError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { levelsOf } from './levels.js';
import type { Answers, TableName } from './protocol.js';
import type { Selection } from './rows.js';
import type { TableOrder } from './shared.js';
import { socketTable } from './sockets.js';
import { taskTable, taskTree } from './tasks.js';

type Tables = { readonly [Name in TableName]: (loop: LoopCore, selection: Selection) => Answers[Name] };

const tables: Tables = {
  loop: (loop) => ({
    ...{ atMs: loop.time(), hosted: loop._isHosted(), debug: loop.getDebug() },
    statistics: { ...loop.statistics() },
  }),
  tasks: taskTable,
  tree: taskTree,
  sockets: socketTable,
  trace: (loop, { limit }) => levelsOf(loop).trace(limit),
  lag: (loop) => levelsOf(loop).measure?.summary() ?? null,
};

/**
 * Returns the answer as the text of a JSON object.
 *
 * It is called during a poll of the loop, so it must not throw. The methods that describe a task or a socket are the program's own if it has
 * overridden them.
 */
export function answerTo(loop: LoopCore, { table, ...selection }: TableOrder): string {
  try {
    return JSON.stringify({ [table]: tables[table](loop, selection) });
  } catch (error) {
    return JSON.stringify({ error: `${table}: ${isError(error) ? error.message : 'a program threw'}` });
  }
}
