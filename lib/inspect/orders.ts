/** What the loop does for a viewer: makes the table that the inspector thread asks for. */

import { isError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { levelsOf } from './levels.js';
import type { Answers, TableName } from './protocol.js';
import type { Selection } from './rows.js';
import type { Answer, TableOrder } from './shared.js';
import { socketTable } from './sockets.js';
import { taskTable, taskTree } from './tasks.js';

type Tables = {
  readonly [Name in Exclude<TableName, 'trace'>]: (loop: LoopCore, selection: Selection) => Answers[Name];
};

const tables: Tables = {
  loop: (loop) => ({
    ...{ atMs: loop.time(), hosted: loop._isHosted(), debug: loop.getDebug() },
    statistics: { ...loop.statistics() },
  }),
  tasks: taskTable,
  tree: taskTree,
  sockets: socketTable,
  lag: (loop, { places }) => levelsOf(loop).measure?.summary(places) ?? null,
};

/**
 * Returns the answer.
 *
 * It is called during a poll of the loop, so it must not throw. The methods that describe a task or a socket are the program's own if it has
 * overridden them.
 */
export function answerTo(loop: LoopCore, { table, ...selection }: TableOrder): Answer {
  try {
    if (table !== 'trace') return { text: JSON.stringify({ [table]: tables[table](loop, selection) }) };
    const { trace, numbers } = levelsOf(loop).trace(selection.limit);
    return { text: JSON.stringify({ trace }), events: numbers };
  } catch (error) {
    return { text: JSON.stringify({ error: `${table}: ${isError(error) ? error.message : 'a program threw'}` }) };
  }
}
