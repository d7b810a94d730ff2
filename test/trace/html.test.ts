/** Tests the page that shows a trace: `recorder.toHTML()` and `selectloop play`. What it shows is tested in test/inspect/page. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createTask, sleep } from 'selectloop';
import { type EventTrace, type TraceData, traceRunSync } from 'selectloop/trace';
import { afterAll, describe, expect, it } from 'vitest';

import { startFile } from '../support/child-program.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-html-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the trace that a page contains. */
function traceIn(page: string): EventTrace | TraceData {
  const [, json = ''] = /<script type="application\/json" id="trace">([^<]*)<\/script>/.exec(page) ?? [];
  return JSON.parse(json) as EventTrace | TraceData;
}

const { trace: recorder } = traceRunSync(() => sleep(1));

describe('toHTML', () => {
  it('returns a page with the trace in format 2, and with its title', () => {
    const page = recorder.toHTML({ title: 'my program' });
    const trace = recorder.toTrace();
    expect(page).toMatch(/^<!doctype html>/);
    expect(traceIn(page)).toEqual({ ...trace, program: { ...trace.program, title: 'my program' } });
    expect(traceIn(recorder.toHTML())).toEqual(trace);
  });

  it('writes hostile names as text', () => {
    const name = '</script><script>alert(1)</script><!-- $& $`';
    const { trace } = traceRunSync(function* () {
      yield* createTask(() => sleep(1), { name });
    });
    const page = trace.toHTML({ title: name });
    expect(page).not.toContain('alert(1)</script>');
    const { names, program } = traceIn(page) as EventTrace;
    expect(program.title).toBe(name);
    expect(Object.values(names).map((each) => each.name)).toContain(name);
  });

  it('refuses a title that is no string', () => {
    expect(() => recorder.toHTML({ title: 7 as never })).toThrow('toHTML: title: expected a string, got 7');
  });
});

describe('selectloop play', () => {
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const play = (...args: string[]) => startFile('dist/cli/main.js', ['play', ...args]).ended;

  it.each([
    ['1', JSON.stringify(recorder)],
    ['2', JSON.stringify(recorder.toTrace())],
  ])('writes a page for a trace of version %s, in version 2', async (version, json) => {
    const path = write(`trace-${version}.json`, json);
    const page = join(folder, `page-${version}.html`);
    expect(await play(path, '-o', page)).toMatchObject({ code: 0, stdout: `player written to ${page}\n`, stderr: '' });
    const shown = traceIn(readFileSync(page, 'utf8'));
    expect(shown).toMatchObject({ format: 'selectloop-trace', version: 2, beganMs: recorder.toTrace().beganMs });
    if (version === '2') expect(shown).toEqual(JSON.parse(json));
  });

  it('names the page after the trace', async () => {
    const path = write('named.json', JSON.stringify(recorder.toTrace()));
    expect((await play(path)).stdout).toBe(`player written to ${path.replace('.json', '.html')}\n`);
  });
});
