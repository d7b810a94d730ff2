/** The site in Chromium. No request leaves the machine: one that would is a fault. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { serve } from '../serve.mjs';
import { isDocument, pages } from './pages.mjs';

const ARGUMENTS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
const PHONE = { width: 400, height: 800 };
const DESK = { width: 1400, height: 900 };

const documents = [...pages.keys()].filter(isDocument);
const others = [
  '/source/lib/loop/loop-core.ts.html',
  '/source/lib/loop/index.html',
  '/players/steps/step14.html',
  '/benchmark/report.html',
];

let server;
let browser;
let origin;

before(async () => {
  server = await serve();
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ARGUMENTS.split(' ') });
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** Opens a tab that collects errors: of the console, of scripts, and of requests. */
async function openTab(options) {
  const context = await browser.newContext(options);
  const tab = await context.newPage();
  const errors = [];
  tab.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  tab.on('pageerror', (error) => errors.push(String(error)));
  tab.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:'))
      errors.push(`requests ${request.url()}`);
  });
  return { tab, errors };
}

const go = (tab, path) => tab.goto(origin + path, { waitUntil: 'load' });

/** Waits until Vue has taken over the page: from then on the theme can be switched and the search opened. */
const ready = (tab) => tab.waitForFunction(() => document.querySelector('#app')?.__vue_app__ !== undefined);

test('every page opens on a phone without an error, with a title, and nothing wider than the screen', async () => {
  const { tab, errors } = await openTab({ viewport: PHONE });
  const faults = [];
  for (const path of [...documents, ...others]) {
    await go(tab, path);
    if (isDocument(path)) await ready(tab);
    const { title, width } = await tab.evaluate(() => ({
      title: document.title,
      width: document.documentElement.scrollWidth,
    }));
    if (title === '') faults.push(`${path}: no title`);
    if (width > PHONE.width) faults.push(`${path}: ${width} px wide`);
    faults.push(...errors.splice(0).map((error) => `${path}: ${error}`));
  }
  assert.deepEqual(faults, []);
  await tab.context().close();
});

test('the search finds openConnection without a network, and leads to it', async () => {
  const { tab, errors } = await openTab({ viewport: DESK });
  await go(tab, '/guide/the-loop.html');
  await ready(tab);
  await tab.keyboard.press('Control+k');
  await tab.locator('.VPLocalSearchBox input').fill('openConnection');
  const results = tab.locator('.VPLocalSearchBox .result');
  await results.first().waitFor();
  const hrefs = await results.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  assert.ok(hrefs.includes('/api/streams.html#openconnection'), hrefs.join(' '));
  await results.first().click();
  await tab.waitForURL(/\/api\/|\/guide\//);
  assert.deepEqual(errors, []);
  await tab.context().close();
});

test('the theme can be switched, and applies to pictures and to pages with sources', async () => {
  const { tab, errors } = await openTab({ viewport: DESK, colorScheme: 'light' });
  await go(tab, '/architecture.html');
  await ready(tab);
  const background = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const shown = () =>
    tab.locator('.picture img:visible').evaluateAll((images) => images.map((image) => image.getAttribute('src')));
  const light = await background();
  const bright = await shown();
  assert.equal(bright.length, 2);
  assert.ok(bright.every((source) => source.includes('-light')));
  await tab.locator('.VPSwitchAppearance:visible').click();
  assert.notEqual(await background(), light);
  const dark = await shown();
  assert.equal(dark.length, 2);
  assert.ok(dark.every((source) => source.includes('-dark')));

  await tab.locator('a[href^="/source/lib/loop/loop-core.ts.html"]').first().click();
  await tab.waitForURL(/loop-core/);
  assert.equal(await tab.evaluate(() => document.documentElement.className), 'dark');
  await tab.locator('header button').click();
  assert.equal(await tab.evaluate(() => document.documentElement.className), '');
  assert.deepEqual(errors, []);
  await tab.context().close();
});

test('an address that is no URL is a 404, and a page is found without .html', async () => {
  const statusOf = async (path) => (await fetch(origin + path)).status;
  assert.equal(await statusOf('/%zz'), 404);
  assert.equal(await statusOf('/guide/streams'), 200);
});

test('a wrong address shows a page that leads back', async () => {
  const { tab } = await openTab({ viewport: PHONE });
  const response = await go(tab, '/no-such-page.html');
  assert.equal(response.status(), 404);
  await ready(tab);
  await tab.locator('.NotFound a').click();
  await tab.waitForURL(`${origin}/`);
  await tab.context().close();
});
