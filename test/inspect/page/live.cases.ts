/** The live page in Chromium: it watches and controls loops of other processes, and one of this process. */

import { setTimeout as wait } from 'node:timers/promises';

import type { Page } from 'playwright-core';
import { type Task, createTask, currentTask, getRunningLoop, run, sleep, sockRecv } from 'selectloop';
import { openInspector } from 'selectloop/inspect';
import { socketpair } from 'selectloop/sockets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ViewerServer } from '../../../lib/cli/viewer/http.js';
import { livePage } from '../../../lib/cli/viewer/page.js';
import { type ChildProgram, startProgram } from '../../support/child-program.js';
import { ProcessViewer, doorOf } from '../process-viewer.js';
import { browser } from './browser.js';
import { HOSTILE } from './programs.js';

/** Tasks that sleep, one of which has a hostile name. It is stuck for two seconds after each line that it gets. */
const PROGRAM = `
  import { createTask, run, runSync, sleep, waitReadable } from 'selectloop';
  import { readSync } from 'node:fs';

  function spin() {
    for (const endMs = performance.now() + 2000; performance.now() < endMs;);
  }
  function* main() {
    createTask(function* () { for (;;) yield* sleep(5); }, { name: 'ticker' });
    createTask(function* () { for (;;) yield* sleep(7); }, { name: ${JSON.stringify(HOSTILE).replaceAll('</', '<\\/')} });
    createTask(function* () {
      for (;;) {
        yield* waitReadable(0);
        readSync(0, Buffer.alloc(100));
        spin();
      }
    }, { name: 'spinner' });
    yield* sleep(1e6);
  }
  if (process.env.BLOCKING) runSync(main);
  else await run(main);
`;

const PAGE = livePage();

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const textOf = (page: Page, selector: string): Promise<string> => page.locator(selector).innerText();
const stateOf = (page: Page): Promise<string> => textOf(page, '.state');
const numberOf = async (page: Page): Promise<number> => Number((await textOf(page, 'b.iteration')).replaceAll(',', ''));
const widthOf = (page: Page): Promise<unknown> => page.evaluate('document.documentElement.scrollWidth');

/** Presses a key, and returns the station at which the loop stops then. */
async function stepBy(page: Page, key: string): Promise<number> {
  const before = await textOf(page, 'main');
  await page.keyboard.press(key);
  await expect.poll(() => textOf(page, 'main')).not.toBe(before);
  await expect.poll(() => page.locator('.stations .here .number').count()).toBe(1);
  return Number(await textOf(page, '.stations .here .number'));
}

describe.each([
  ['hosted', {}],
  ['blocking', { BLOCKING: '1' }],
])('the page of a loop that is %s', (mode, env) => {
  let program: ChildProgram;
  let server: ViewerServer;
  let address: string;
  let other: ProcessViewer;
  beforeAll(async () => {
    program = startProgram(PROGRAM, { env: { ...env, SELECTLOOP_INSPECT: 'control' }, timeoutMs: 45_000 });
    const door = await doorOf(program.process.pid ?? 0);
    server = new ViewerServer({ page: PAGE, door });
    address = await server.listen();
    other = new ProcessViewer(door);
  });
  afterAll(() => {
    other?.leave();
    server?.[Symbol.dispose]();
    program?.process.kill('SIGKILL');
  });

  it('is live, and shows names as text', async () => {
    const page = await browser.visit(address);
    await page.locator('.tasks').waitFor();
    expect(await textOf(page, '.facts')).toContain(`process ${program.process.pid} · ${mode}`);
    const before = await numberOf(page);
    await expect.poll(() => numberOf(page)).toBeGreaterThan(before);
    expect(await stateOf(page)).toBe('running');
    expect(await page.locator('.tasks .item .name').allInnerTexts()).toContain(HOSTILE);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(browser.faults).toEqual([]);
  });

  it('stops the loop with its time, goes from station to station, shows the past, and lets it run when it is closed', async () => {
    const page = await browser.visit(address);
    await page.locator('.tasks').waitFor();
    await page.keyboard.press(' ');
    await expect.poll(() => textOf(page, '.sentence')).toContain('the loop’s time stands still');
    const shown = await textOf(page, '.where');
    const { atMs, statistics } = await other.ask('loop');
    await wait(150);
    expect(await other.ask('loop')).toMatchObject({ atMs, statistics: { iterations: statistics['iterations'] } });
    expect(await textOf(page, '.where')).toBe(shown);
    expect(await page.locator('.level [aria-pressed=true]').innerText()).toBe('Stop');

    expect(await stepBy(page, 'Shift+ArrowRight')).toBe(1);
    expect(await textOf(page, '.sentence')).toContain(`Iteration ${await textOf(page, 'b.iteration')} begins.`);
    const stations = [];
    while (stations.at(-1) !== 1) stations.push(await stepBy(page, 'ArrowRight'));
    expect(stations.join('')).toMatch(/^2345*1$/);

    const iteration = await textOf(page, 'b.iteration');
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('complementary', { name: 'The past' }).waitFor();
    await page.keyboard.press('Shift+ArrowLeft');
    expect(await textOf(page, '.where b >> nth=0')).not.toBe(iteration);
    const download = page.waitForEvent('download');
    await button(page, 'Save').click();
    expect((await download).suggestedFilename()).toBe(`trace-${program.process.pid}.json`);
    await button(page, 'Back to the present').click();
    await expect.poll(() => textOf(page, 'b.iteration')).toBe(iteration);
    expect(await other.ask('loop')).toMatchObject({
      statistics: { iterations: Number(iteration.replaceAll(',', '')) },
    });

    expect(browser.faults).toEqual([]);
    await page.goto('about:blank');
    const resumed = async (): Promise<number | null> => (await other.ask('loop')).statistics['iterations'] ?? 0;
    await expect.poll(resumed).toBeGreaterThan((statistics['iterations'] ?? 0) + 10);
  });

  it('stops at a breakpoint, and goes on in slow motion, in the width of a phone', async () => {
    const page = await browser.visit(address, { phone: true, colorScheme: 'dark' });
    await page.locator('.tasks').waitFor();
    await page.getByRole('button', { name: 'Breakpoints' }).click();
    await page.getByPlaceholder('name of the task').fill('ticker');
    await button(page, 'Add').click();
    await expect.poll(() => textOf(page, '.sentence')).toContain('Stopped because task ticker resumes');
    expect(await widthOf(page)).toBe(400);
    await page.getByRole('button', { name: 'Remove: ticker resumes' }).click();
    const before = await numberOf(page);
    await page.getByRole('combobox', { name: 'Slow motion' }).selectOption('20');
    await button(page, 'Slow motion').click();
    await expect.poll(() => stateOf(page)).toBe('slow motion');
    await expect.poll(() => numberOf(page)).toBeGreaterThan(before);
    await button(page, 'Run').click();
    await expect.poll(() => stateOf(page)).toBe('running');
    for (const tab of ['Tasks', 'Sockets', 'Time']) {
      await button(page, tab).click();
      await page.locator('main table, main .ran').first().waitFor();
      expect(await widthOf(page), tab).toBe(400);
    }
    expect(browser.faults).toEqual([]);
  });

  it('says where the loop is stuck while it is, and that the program has ended', async () => {
    const page = await browser.visit(address);
    await page.locator('.tasks').waitFor();
    program.process.stdin?.write('x');
    await page.getByText('The loop is stuck in spin').waitFor();
    await page.getByText('The loop was stuck in spin').waitFor();
    program.process.kill('SIGKILL');
    await page.getByText('The program has ended, or has closed its door.').waitFor();
    expect(await stateOf(page)).toBe('no connection');
    expect(await button(page, 'Pause').getAttribute('aria-disabled')).toBe('true');
    expect(browser.faults).toEqual([]);
  });
});

it('is read-only if the door is, finds one of 5,000 tasks, and asks for the right token', async () => {
  await run(async () => {
    const main = currentTask()!.getName(); // it is numbered after those of the tests before
    const loop = getRunningLoop();
    function* nap() {
      yield* sleep(1e6);
    }
    const naps: Task[] = Array.from({ length: 5000 }, (_, i) => createTask(nap, { name: `nap-${i}` }));
    const [near, far] = socketpair();
    near.setBlocking(false);
    naps.push(
      createTask(function* ticker() {
        for (;;) yield* sleep(5);
      }),
    );
    naps.push(createTask(() => sockRecv(near, 1), { name: HOSTILE }));
    using door = openInspector(loop);
    using server = new ViewerServer({ page: PAGE, door: door.path });
    const address = await server.listen();
    const page = await browser.visit(address);
    await page.locator('.tasks').waitFor();
    expect(await textOf(page, '.reason')).toContain('selectloop inspect --control');
    for (const name of ['Pause', 'Step', 'Iteration', 'Slow motion'])
      expect(await button(page, name).getAttribute('aria-disabled'), name).toBe('true');
    expect(await button(page, 'Stop').isDisabled()).toBe(true);
    await page.keyboard.press(' ');
    await button(page, 'Tasks').click();
    await page.getByLabel('Filter tasks').fill('nap-4321');
    await page.getByText('1 of 5,003 tasks', { exact: true }).waitFor();
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    await page.getByLabel('Filter tasks').fill('');
    await page.getByText('5,003 tasks', { exact: true }).waitFor();
    await expect.poll(() => page.locator('tbody tr').count()).toBe(50);
    await button(page, 'task').click();
    await expect.poll(() => textOf(page, 'tbody td b >> nth=0')).toBe(HOSTILE);
    await button(page, 'Tree').click();
    await expect.poll(() => textOf(page, 'tbody tr >> nth=0')).toContain(main);
    await button(page, 'Sockets').click();
    await page.getByText(`read: ${HOSTILE}`).waitFor();
    await button(page, 'Time').click();
    await page.getByRole('button', { name: 'Measure' }).first().click();
    await page.locator('.histogram rect').first().waitFor();
    expect(await textOf(page, '.slowest .ran')).toContain('ms');
    await page.getByLabel('lines').check();
    await page.locator('.slowest code').first().waitFor();
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(browser.faults).toEqual([]);
    const other = await browser.visit(`${address}&control`);
    await expect.poll(() => button(other, 'Pause').getAttribute('aria-disabled')).toBe('false');
    for (const wrong of [address.replace(/token=.*/, 'token=abc'), address.replace(/#.*/, '')]) {
      await browser.visit(wrong);
      await page.getByText('Open the whole address that selectloop inspect has printed').waitFor();
    }
    for (const task of naps) task.cancel();
    await sleep(0);
    near.close();
    far.close();
  });
});
