/** The player in Chromium. */

import { beforeAll, describe, expect, it } from 'vitest';

import type { Page } from 'playwright-core';
import { createTask, getRunningLoop, runSync, sleep } from 'selectloop';
import { type EventTrace, Recorder, traceRunSync } from 'selectloop/trace';

import { type OldTrace, fromVersion1 } from '../../../lib/cli/from-version-1.js';
import { Timeline } from '../../../lib/inspect/page/timeline.js';
import { tell } from '../../../lib/inspect/page/words.js';
import { stateAt } from '../../../lib/trace/replay.js';
import { browser, pageWith } from './browser.js';
import { HOSTILE, crowd, echo, sleepers } from './programs.js';

let naps: EventTrace;
let server: EventTrace;

beforeAll(async () => {
  naps = sleepers();
  server = await echo();
});

const playerOf = (trace: EventTrace): string => pageWith(JSON.stringify(trace));
const slider = (page: Page) => page.getByRole('slider', { name: 'Stop' });
const positionOf = async (page: Page): Promise<number> => Number(await slider(page).inputValue());
const sentenceOf = (page: Page): Promise<string> => page.locator('.sentence').innerText();
const panel = (page: Page, title: string) => page.getByRole('region', { name: title });

/** Moves the slider, as dragging it does. */
async function goTo(page: Page, stop: number): Promise<void> {
  await slider(page).fill(String(stop));
}

/** Returns the texts of elements, without what is only for the eye. */
const texts = (page: Page, selector: string): Promise<string[]> => page.locator(selector).allInnerTexts();

/** The first stop of whose events `wanted` accepts one. */
function stopWith(trace: EventTrace, wanted: (event: readonly number[]) => boolean): number {
  const { ends } = new Timeline(trace);
  const stop = ends.findIndex((end, i) => i > 0 && trace.events.slice(ends[i - 1], end).some(wanted));
  if (stop < 0) throw new Error('expected such an event');
  return stop;
}

const idOf = (trace: EventTrace, name: string): number =>
  Number(Object.entries(trace.names).find(([, each]) => each.name === name)![0]);

/** What the panels show, read in one go. */
const SHOWN = `(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const texts = (selector) => all(selector).map((element) => element.innerText);
  return {
    ready: texts('.queue .name'),
    cells: all('.array .cell').length,
    cancelled: all('.tree .cancelled').length,
    fds: texts('.selector tbody td:first-child'),
    tasks: texts('.tasks tbody td:first-child .name'),
    ran: all('.ran .took').length,
    running: all('.now').length,
    iteration: document.querySelector('.where b').innerText,
  };
})()`;

describe('the player', () => {
  it('opens from a file without a request or an error, and shows what the program is and what it does', async () => {
    const page = await browser.open(playerOf(server));
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(server.program.title);
    expect(await page.title()).toBe(server.program.title);
    expect(await page.locator('.facts').innerText()).toContain(`hosted · ${server.program.selector}`);
    expect(await sentenceOf(page)).toContain('The recording begins.');
    await page.keyboard.press('End');
    expect((await sentenceOf(page)).replaceAll(/\s+/g, ' ')).toMatch(
      /^The loop stops, because the main task is done: Task-\d+ has returned nothing\. The recording ends\.$/,
    );
    expect(browser.faults).toEqual([]);
  });

  it('goes stop by stop, iteration by iteration, to both ends, and plays, with keys, buttons and the slider', async () => {
    const page = await browser.open(playerOf(naps));
    const { ends, iterations } = new Timeline(naps);
    const last = ends.length - 1;
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    expect(await positionOf(page)).toBe(1);
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    expect(await positionOf(page)).toBe(iterations[1]);
    expect(await sentenceOf(page)).toContain('Iteration 2 begins.');
    await page.keyboard.press('Shift+ArrowLeft');
    expect(await positionOf(page)).toBe(iterations[0]);
    await page.keyboard.press('End');
    expect(await positionOf(page)).toBe(last);
    await page.keyboard.press('ArrowRight');
    expect(await positionOf(page)).toBe(last);
    await page.keyboard.press('Home');
    expect(await positionOf(page)).toBe(0);
    await page.getByRole('button', { name: 'Next', exact: true }).click();
    await page.getByRole('button', { name: 'Next iteration' }).click();
    await page.getByRole('button', { name: 'Back', exact: true }).click();
    expect(await positionOf(page)).toBe(Math.max(iterations.find((each) => each > 1)! - 1, 0));
    await goTo(page, 5);
    expect(await positionOf(page)).toBe(5);
    expect(await slider(page).getAttribute('aria-valuetext')).toMatch(/^iteration \d+: ./);
    await page.locator('h1').click(); // the focus is on no button
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await expect.poll(() => positionOf(page)).not.toBe(5);
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Play' }).waitFor();
    expect(browser.faults).toEqual([]);
  });

  it.each([
    ['sleeping tasks', () => naps],
    ['an echo server', () => server],
  ])('shows at its stops what the replayed state has: %s', async (_, traceOf) => {
    const trace = traceOf();
    const { ends } = new Timeline(trace);
    const page = await browser.open(playerOf(trace));
    const label = (id: number): string => trace.names[id]!.name;
    for (let stop = 0; stop < ends.length; stop += Math.ceil(ends.length / 25)) {
      await goTo(page, stop);
      const state = stateAt(trace, ends[stop]!);
      const fds = [...state.descriptors.keys()].sort((one, other) => one - other);
      expect(await page.evaluate<unknown>(SHOWN), `stop ${stop}`).toEqual({
        ready: [...state.ready].map(label),
        cells: state.heap.size,
        cancelled: [...state.heap].filter(({ cancelled }) => cancelled).length,
        fds: fds.map(String),
        tasks: [...state.tasks.keys()].map(label),
        ran: state.ran.filter(({ endMs }) => endMs !== null).length,
        running: state.running === 0 ? 0 : 1,
        iteration: String(state.iteration),
      });
    }
    expect(browser.faults).toEqual([]);
  });

  it('marks an object wherever it is shown: a task, its timer in tree and array, its descriptor', async () => {
    const page = await browser.open(playerOf(server));
    const picked = (selector: string) => texts(page, `${selector}.picked .name`);
    const client = idOf(server, 'client-2');
    const asleep = stopWith(
      server,
      ([code, , task, wait]) => code === 20 && task === client && server.names[wait!]!.name === 'sleep',
    );
    await goTo(page, asleep);
    await page.locator('.tasks .item', { hasText: 'client-2' }).click();
    expect(await picked('.node')).toEqual(['client-2']);
    expect(await picked('.cell')).toEqual(['client-2']);
    expect(await texts(page, '.tasks tr.picked td:first-child .name')).toEqual(['client-2']);
    const task = idOf(server, 'server');
    const accepts = stopWith(server, ([code, , each]) => code === 20 && each === task);
    await goTo(page, accepts);
    await page.keyboard.press('Escape');
    expect(await page.locator('.picked').count()).toBe(0);
    await panel(page, 'Selector').locator('.item', { hasText: 'listening on' }).click();
    expect(await texts(page, '.tasks tr.picked td:first-child .name')).toEqual(['server']);
    expect(await panel(page, 'Selector').locator('tr.picked').count()).toBe(1);
    expect(browser.faults).toEqual([]);
  });

  it('shows names and errors as text, whatever they contain', async () => {
    const page = await browser.open(playerOf(naps));
    const fails = stopWith(naps, ([code, , , outcome]) => code === 22 && outcome === 1);
    await goTo(page, fails);
    expect((await sentenceOf(page)).replaceAll(/\s+/g, ' ')).toContain(`${HOSTILE} fails with RangeError: ${HOSTILE}`);
    await goTo(page, fails - 1);
    expect(await texts(page, '.tasks tbody td:first-child .name')).toContain(HOSTILE);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await page.locator('img, b b').count()).toBe(0);
    expect(browser.faults).toEqual([]);
  });

  it('marks errors and slow handles on the slider, and a mark leads to its stop', async () => {
    const page = await browser.open(playerOf(naps));
    const marks = await page.locator('.mark.slow').all();
    const slow = await Promise.all(marks.map((mark) => mark.getAttribute('title')));
    expect(slow.join('\n')).toContain(`${HOSTILE} ran `); // on a busy machine, others are also slow
    await page.locator('.mark.failed').first().click();
    expect(await sentenceOf(page)).toContain('fails with');
    expect(browser.faults).toEqual([]);
  });

  it('is as wide as a phone at every stop, in light and in dark, and has no motion for who wants none', async () => {
    for (const [trace, colorScheme] of [
      [naps, 'light'],
      [server, 'dark'],
    ] as const) {
      const page = await browser.open(playerOf(trace), { phone: true, colorScheme });
      const { ends } = new Timeline(trace);
      for (let stop = 0; stop < ends.length; stop += Math.ceil(ends.length / 15)) {
        await goTo(page, stop);
        expect(await page.evaluate('document.documentElement.scrollWidth'), `stop ${stop}`).toBe(400);
      }
      const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(13, 17, 23)' : 'rgb(246, 247, 248)');
      const moves = await page.evaluate("getComputedStyle(document.querySelector('.number')).transitionDuration");
      expect(moves).toBe('0s');
      expect(browser.faults).toEqual([]);
    }
  });

  it('explains each panel in a line, and opens the guide at it', async () => {
    const page = await browser.open(playerOf(server));
    for (const section of await page.locator('.panel').all()) {
      expect(await section.locator('.what').innerText()).toMatch(/\.$/);
      await section.locator('.ask').click();
      await page.locator('dialog .asked').waitFor(); // until it is shown, Escape does not close it
      expect(await page.locator('dialog .asked').count()).toBe(1);
      await page.keyboard.press('Escape');
      await page.locator('dialog').waitFor({ state: 'detached' });
    }
    await page.getByRole('button', { name: 'Timeout' }).click();
    expect(await page.locator('dialog .asked').innerText()).toMatch(/^Compute the timeout\./);
    await page.keyboard.press('Escape');
    await goTo(
      page,
      stopWith(server, ([code]) => code === 20),
    );
    await page.locator('.sentence .term', { hasText: 'waits for' }).click();
    expect(await page.locator('dialog .asked').innerText()).toMatch(/^Wait\./);
    expect(await page.locator('.sentence').getAttribute('aria-live')).toBe('polite');
    expect(browser.faults).toEqual([]);
  });
});

it('says of an iteration that it skips the poll, and why', () => {
  const recorder = new Recorder();
  runSync(function* main() {
    using _ = getRunningLoop().addInstrument(recorder);
    yield* createTask(() => sleep(0));
  });
  const trace = recorder.toTrace();
  const timeline = new Timeline(trace);
  const told = timeline.ends.map((_, stop) => tell(timeline.at(stop), timeline.eventsOf(stop)));
  const skips = told.filter(({ why }) =>
    why.join('').startsWith('It skips the poll, because something can run already'),
  );
  const polls = trace.events.filter(([code]) => code === 3).length;
  expect(skips.length).toBeGreaterThan(0);
  expect(skips.length + polls).toBe(timeline.iterations.length);
});

describe('the player of 5,000 tasks', () => {
  it('lists some of them, and finds, sorts and shows the others', async () => {
    const trace = crowd(5000);
    const last = idOf(trace, 'worker-4999');
    const waits = stopWith(trace, ([code, , task]) => code === 20 && task === last);
    const page = await browser.open(playerOf(trace));
    await goTo(page, waits);
    const tasks = panel(page, 'Tasks');
    const names = (): Promise<string[]> => texts(page, '.tasks tbody td:first-child .name');
    expect(await tasks.locator('.count').innerText()).toBe('5,001');
    expect(await names()).toHaveLength(20);
    expect(await page.locator('.node').count()).toBe(15);
    await tasks.locator('.more').click();
    expect(await names()).toHaveLength(80);
    await tasks.getByRole('searchbox').fill('worker-49');
    expect((await names()).slice(0, 2)).toEqual(['worker-49', 'worker-490']);
    await tasks.getByRole('button', { name: 'task', exact: true }).click();
    await tasks.getByRole('button', { name: 'task', exact: true }).click();
    expect((await names()).slice(0, 2)).toEqual(['worker-4999', 'worker-4998']);
    await tasks.getByRole('button', { name: 'Tree' }).click();
    await tasks.getByRole('searchbox').fill('');
    expect(await texts(page, '.forest li:first-child .name')).toContain('gather of 5000');
    expect(await page.locator('.forest li').nth(1).innerText()).toContain('worker-0');
    expect(browser.faults).toEqual([]);
  });
});

describe('a recording that lacks something', () => {
  it('says that it has lost events', async () => {
    const page = await browser.open(playerOf({ ...naps, lost: { events: 1200, reason: 'older events were dropped' } }));
    expect(await page.locator('.notes').innerText()).toContain('1,200 events at the beginning are lost');
    expect(browser.faults).toEqual([]);
  });

  it('of version 1 shows what it has, and says what it lacks', async () => {
    const { trace } = traceRunSync(function* main() {
      yield* createTask(() => sleep(2), { name: 'nap' });
    });
    const page = await browser.open(playerOf(fromVersion1(JSON.parse(JSON.stringify(trace)) as OldTrace)));
    expect(await page.locator('.notes').innerText()).toContain('version 1');
    const told = [];
    for (let stop = 0; stop < Number(await slider(page).getAttribute('max')); stop += 1) {
      await page.keyboard.press('ArrowRight');
      told.push((await sentenceOf(page)).replaceAll(/\s+/g, ' '));
    }
    expect(told.join('\n')).toMatch(/nap waits for sleep[^]*sleep is due[^]*will resume nap[^]*nap is done/);
    expect(browser.faults).toEqual([]);
  });

  it.each([
    ['', 'no trace'],
    ['{"format":"selectloop-trace","vers', 'cannot be read'],
    ['{"format":"selectloop-trace","version":3}', 'this one has version 3'],
    ['{"format":"selectloop-trace","version":1}', 'this one has version 1'],
  ])('says what is wrong with %j', async (text, message) => {
    const page = await browser.open(pageWith(text));
    expect(await page.locator('#page').innerText()).toContain(message);
    expect(browser.faults).toEqual([]);
  });
});
