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
async function play(name: string): Promise<{ readonly printed: string; readonly trace: EventTrace }> {
  const file = join(folder, 'player.html');
  const { code, stdout } = await startExample(name, [], { env: { SELECTLOOP_TRACE: file } }).ended;
  expect(code).toBe(0);
  const [, json] = /id="trace">(.*?)<\/script>/.exec(readFileSync(file, 'utf8'))!;
  return { printed: stdout, trace: JSON.parse(json!) as EventTrace };
}

it.each(['steps/step13', 'steps/step16'])(
  'the player of %s shows in each iteration the queue that the program prints',
  async (name) => {
    const { printed, trace } = await play(name);
    const { iterations, ends } = new Timeline(trace);
    const shown = iterations.map((stop, i) => {
      const { ready } = stateAt(trace, ends[stop]!);
      return `Loop step ${i + 1} [${[...ready].map((id) => trace.names[id]!.name).join(', ')}]`;
    });
    expect(shown).toEqual([...printed.matchAll(/^Loop step .*$/gm)].map(([line]) => line));
    const [last] = ends.slice(-1);
    expect(stateAt(trace, last!).tasks.size).toBe(0);
    expect(Object.keys(trace.sources!)[0]).toMatch(/step1\d\.js$/);
  },
);

it('npm run example NAME -- --play says where the player is, or that there is none', async () => {
  const { stderr } = await startSource('support/run-example', ['steps/step13', '--play']).ended;
  expect(stderr).toBe('the player is in .course/steps/step13.html\n');
  const { stderr: none } = await startSource('support/run-example', ['steps/step01', '--play']).ended;
  expect(none).toBe('this program has no loop to play\n');
});
