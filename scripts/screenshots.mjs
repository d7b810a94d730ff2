/**
 * `npm run screenshots`: takes the pictures of docs/guide/inspecting.md anew, in Chromium, after a change of the page: each in light and
 * dark, 1400 and 400 pixels wide. Look at them before you commit them.
 */

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROGRAMS = join(ROOT, 'scripts/screenshots');
const PICTURES = join(ROOT, 'docs/screenshots');
const MAIN = join(ROOT, 'dist/cli/main.js');
/** The heights in pixels. */
const SIZES = [
  { name: '', width: 1400, height: 960 },
  { name: '-phone', width: 400, height: 860 },
];
const SCHEMES = ['light', 'dark'];

const folder = mkdtempSync(join(tmpdir(), 'selectloop-screenshots-'));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' });
const page = await browser.newPage({ reducedMotion: 'reduce' });
const encoder = await browser.newPage();

/** WebP, a third of the size of PNG: Chromium writes it, from a canvas. */
async function toWebp(png) {
  const base64 = await encoder.evaluate(
    async (source) => {
      const { document, Image } = globalThis; // of the page
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.width;
      canvas.height = image.height;
      canvas.getContext('2d').drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', 0.85).split(',')[1];
    },
    `data:image/png;base64,${png.toString('base64')}`,
  );
  return Buffer.from(base64, 'base64');
}

/** Takes the four pictures of an address. `arrange` brings the page to what they show. */
async function take(subject, address, arrange) {
  for (const { name, width, height } of SIZES)
    for (const colorScheme of SCHEMES) {
      await page.goto('about:blank');
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await page.goto(address);
      await arrange();
      const file = `${subject}${name}-${colorScheme}.webp`;
      writeFileSync(join(PICTURES, file), await toWebp(await page.screenshot()));
      console.log(file);
    }
}

/** Records a program with its player, and returns the address of the player. */
function record(program) {
  const file = join(folder, `${program}.html`);
  const env = { ...process.env, SELECTLOOP_TRACE: file };
  const { status } = spawnSync(process.execPath, [join(PROGRAMS, `${program}.mjs`)], { env, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${program} has ended with status ${status}`);
  return pathToFileURL(file).href;
}

/** Starts `selectloop inspect` for a program, and returns the address of its page. */
async function inspect(program, args) {
  const child = spawn(process.execPath, [MAIN, 'inspect', join(PROGRAMS, `${program}.mjs`), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const chunk of child.stderr) {
    const [address] = /http:\S+/.exec(String(chunk)) ?? [];
    if (address !== undefined) return { address, end: () => child.kill('SIGINT') };
  }
  throw new Error('selectloop inspect has printed no address');
}

/** Presses a key so many times. */
const press = async (key, times) => {
  for (let i = 0; i < times; i += 1) await page.keyboard.press(key);
};

try {
  await take('echo', record('echo'), async () => {
    await press('Shift+ArrowRight', 12);
    await press('ArrowRight', 4);
  });
  await take('crowd', record('crowd'), () => press('Shift+ArrowRight', 4));
  const course = spawnSync('npm', ['run', '--silent', 'course', 'steps/step13'], { cwd: ROOT, stdio: 'inherit' });
  if (course.status !== 0) throw new Error('npm run course has failed');
  await take('step13', pathToFileURL(join(ROOT, '.course/steps/step13.html')).href, () => press('Shift+ArrowRight', 5));

  const live = await inspect('echo', ['--forever']);
  try {
    await take('live', live.address, async () => {
      await page.getByRole('button', { name: 'Pause', exact: true }).click();
      await page.locator('.stations .here').waitFor();
      await press('ArrowRight', 3);
    });
    await take('time', live.address, async () => {
      await page.getByRole('button', { name: 'Time', exact: true }).click();
      await page.locator('.switch.level').getByRole('button', { name: 'Measure', exact: true }).click();
      await page.waitForTimeout(3000);
    });
  } finally {
    live.end();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
