/** Chromium, for the tests of the page. One process serves a whole test file. Without Chromium the tests fail: they are never skipped. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { type Browser, type Page, chromium } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';

import { ROOT } from '../../docs/documents.js';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
/**
 * Chromium does as little as it can beside the page. Without site isolation, with one renderer, and with the GPU and the network in the
 * process of the browser, a test file costs two thirds of the CPU time: otherwise a renderer starts for every page that is opened.
 */
const ARGUMENTS = [
  ...'--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking'.split(' '),
  ...'--disable-component-update --disable-sync --disable-site-isolation-trials --renderer-process-limit=1'.split(' '),
  ...'--in-process-gpu --enable-features=NetworkServiceInProcess2'.split(' '),
];

const DESK = { width: 1400, height: 900 };
const PHONE = { width: 400, height: 800 };

/** How a file is shown. */
interface Looks {
  readonly phone?: boolean;
  readonly colorScheme?: 'light' | 'dark';
}

/** A running Chromium with one page, in which the files are opened one after the other: that is much cheaper than a page for each. */
export class Chromium {
  /** Errors of the console and of scripts, and requests for anything but the file or the server itself, since it was opened. */
  faults: string[] = [];
  private address = '';

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
    private readonly folder: string,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.faults.push(message.text());
    });
    page.on('pageerror', (error) => this.faults.push(String(error)));
    page.on('request', (request) => {
      const url = request.url();
      const isOwn = this.address.startsWith('http:')
        ? url.startsWith(new URL(this.address).origin)
        : url === this.address;
      if (!isOwn && !url.startsWith('data:')) this.faults.push(`requests ${url}`);
    });
  }

  static async launch(): Promise<Chromium> {
    if (!existsSync(EXECUTABLE))
      throw new Error(`expected Chromium at ${EXECUTABLE}: apt-get install chromium, or set CHROMIUM to its path`);
    const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
    const page = await browser.newPage({ viewport: DESK, reducedMotion: 'reduce' });
    return new Chromium(browser, page, mkdtempSync(join(tmpdir(), 'selectloop-page-')));
  }

  async close(): Promise<void> {
    await this.browser.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Opens a file with this content. */
  async open(html: string, looks?: Looks): Promise<Page> {
    const file = join(this.folder, 'player.html');
    writeFileSync(file, html);
    return this.visit(pathToFileURL(file).href, looks);
  }

  /** Opens the page with this address. */
  async visit(address: string, { phone = false, colorScheme = 'light' }: Looks = {}): Promise<Page> {
    await this.page.goto('about:blank'); // leaves the page before, if it differs in its fragment only
    this.address = address;
    this.faults = [];
    await this.page.setViewportSize(phone ? PHONE : DESK);
    await this.page.emulateMedia({ colorScheme });
    await this.page.goto(this.address);
    return this.page;
  }
}

/** The Chromium of the test file: starting it takes longer than most tests. */
export let browser: Chromium;

/** Starts it before the tests of this file, and ends it after them. */
export function useChromium(): void {
  beforeAll(async () => {
    browser = await Chromium.launch();
  });
  afterAll(() => browser?.close());
}

/** Returns the page with a text in place of the trace. */
export function pageWith(text: string): string {
  const template = readFileSync(join(ROOT, 'dist/inspect/page.html'), 'utf8');
  return template.replace('id="trace"></script>', () => `id="trace">${text.replaceAll('<', '\\u003c')}</script>`);
}
