/** The loops that the examples build themselves, in the player. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { EventTrace } from 'selectloop/trace';

import { Timeline } from '../../../lib/inspect/page/timeline.js';
import { stateAt } from '../../../lib/trace/replay.js';
import { startExample, startSource } from '../../systems/programs.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'selectloop-own-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program with a player. Returns what it printed, and the trace in the page. */
async function play(
  name: string,
  args: readonly string[] = [],
): Promise<{ readonly printed: string; readonly trace: EventTrace }> {
  const file = join(folder, 'player.html');
  const { code, stdout } = await startExample(name, args, { env: { SELECTLOOP_TRACE: file } }).ended;
  expect(code).toBe(0);
  const [, json] = /id="trace">(.*?)<\/script>/.exec(readFileSync(file, 'utf8'))!;
  return { printed: stdout, trace: JSON.parse(json!) as EventTrace };
}

it.each(['steps/step08', 'steps/step10', 'steps/step11', 'steps/step13', 'steps/step15', 'steps/step16'])(
  'the player of %s shows in each iteration the queue that the program prints, and at the end its result',
  async (name) => {
    const { printed, trace } = await play(name);
    const { ends, ending } = new Timeline(trace);
    const COLLECTED = 7;
    const collected = trace.events.flatMap(([code], at) => (code === COLLECTED ? [at + 1] : []));
    const shown = collected.map((at, i) => {
      const { ready } = stateAt(trace, at);
      return `Loop step ${i + 1} [${[...ready].map((id) => trace.names[id]!.name).join(', ')}]`;
    });
    expect(shown).toEqual([...printed.matchAll(/^Loop step .*$/gm)].map(([line]) => line));
    const end = stateAt(trace, ends.at(-1)!);
    expect([end.tasks.size, end.ready.length]).toEqual([0, 0]);
    expect(printed).toContain(
      name === 'steps/step16' ? 'Y was cancelled' : trace.names[ending!.what]!.name.replace(/"|nothing/g, ''),
    );
    expect(Object.keys(trace.sources!)[0]).toMatch(/step\d+\.js$/);
  },
);

it('the players of tiny.ts and os.ts show its timers, descriptors and tasks, and end with nothing left', async () => {
  const kinds = async (name: string, ...args: string[]): Promise<number[]> => {
    const { trace } = await play(name, args);
    const { ends } = new Timeline(trace);
    const end = stateAt(trace, ends.at(-1)!);
    expect([end.tasks.size, end.ready.length, end.heap.size, end.descriptors.size], name).toEqual([0, 0, 0, 0]);
    return [...new Set(trace.events.map(([code]) => code))];
  };
  const [TIMER_FIRED, DESCRIPTOR_READY, CANCELLED] = [6, 4, 21];
  expect(await kinds('tiny/flow', '--scale', '0.005')).toContain(TIMER_FIRED);
  expect(await kinds('tiny/io', '--local')).toContain(DESCRIPTOR_READY);
  expect(await kinds('traps/os5')).toContain(CANCELLED);
});

it('npm run example NAME -- --play says where the player is, or that there is none', async () => {
  const { stderr } = await startSource('support/run-example', ['steps/step13', '--play']).ended;
  expect(stderr).toBe('the player is in .course/steps/step13.html\n');
  const { stderr: none } = await startSource('support/run-example', ['steps/step01', '--play']).ended;
  expect(none).toBe('this program has no loop to play\n');
});
