/** The program's lines in the player, of a program that runs by itself: a test runner executes other lines than those of the file. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { EventTrace } from 'selectloop/trace';

import { Timeline } from '../../../lib/inspect/page/timeline.js';
import { ROOT } from '../../docs/documents.js';
import { startFile } from '../../support/child-program.js';
import { browser } from './browser.js';

const PROGRAM = `import { createTask, run, sleep } from '${pathToFileURL(join(ROOT, 'dist/index.js')).href}';

function* pause(ms) {
  yield* sleep(ms); // pause
}
function* generator() {
  yield* pause(5);
}
async function asynchronous() {
  await sleep(5); // async
}
await run(async function main() {
  createTask(generator, { name: 'generator' });
  createTask(asynchronous, { name: 'asynchronous' });
  await sleep(20); // main
});
`;

const folder = mkdtempSync(join(tmpdir(), 'selectloop-source-'));
let html: string;
beforeAll(async () => {
  const [program, player] = [join(folder, 'app.mjs'), join(folder, 'player.html')];
  writeFileSync(program, PROGRAM);
  const { code, stderr } = await startFile(program, [], { env: { SELECTLOOP_TRACE: player } }).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  html = readFileSync(player, 'utf8');
});
afterAll(() => rmSync(folder, { recursive: true }));

it('shows the text of the program, the tasks that wait at its lines, and the line of the selected one', async () => {
  const [, json] = /id="trace">(.*?)<\/script>/.exec(html)!;
  const { names, events, ...rest } = JSON.parse(json!) as EventTrace;
  const { ends } = new Timeline({ names, events, ...rest });
  const waits = events.flatMap(([code], i) => (code === 20 ? [i] : []));
  const stop = ends.findIndex((end) => end > waits[2]!); // all three wait

  const page = await browser.open(html);
  await page.getByRole('slider', { name: 'Stop' }).fill(String(stop));
  const source = page.locator('.source');
  expect(await source.innerText()).toContain('app.mjs');
  const waiting = await source.locator('li:has(.waiting)').allInnerTexts();
  expect(waiting.map((text) => text.replaceAll(/\s+/g, ' ').trim())).toEqual([
    '4 yield* sleep(ms); // pause generator',
    '10 await sleep(5); // async asynchronous',
    expect.stringMatching(/^15 await sleep\(20\); \/\/ main Task-\d+$/),
  ]);
  await page.locator('.tasks .item', { hasText: 'asynchronous' }).first().click();
  expect(await source.locator('.here .text').allInnerTexts()).toEqual(['  await sleep(5); // async']);
  expect(browser.faults).toEqual([]);
});
