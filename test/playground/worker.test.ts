/** The library in a web page, on the simulated kernel: the same program gives the same log in Chromium as in Node. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PROGRAM, compile } from '../../lib/playground/program.js';
import { type Recording, type Wire, logOf } from '../../lib/playground/recording.js';
import { runProgram } from '../../lib/playground/run-program.js';
import { buildWorker } from '../../scripts/build-playground.mjs';
import { browser, useChromium } from '../inspect/page/browser.js';
import { EVERYTHING } from './programs-for-tests.js';

const WIRE: Wire = { latencyMs: 2.5, loss: 0.05 };
const FILE = '/here/program.js';
const MOST_BYTES = 120_000;

/** What the worker answers, or the error that it reports. */
interface Outcome {
  readonly recording?: Recording;
  readonly log?: string;
  readonly error?: { readonly message: string; readonly line: number };
}

const run = (text: string): Recording =>
  runProgram(text, FILE, WIRE, ({ library, console }) => {
    runInThisContext(compile(text), FILE);
    (Reflect.get(globalThis, PROGRAM) as (...args: unknown[]) => void)(library, console);
  });

describe('the library in a web page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'selectloop-playground-'));
  let server: Server;
  let code = '';

  useChromium();
  beforeAll(async () => {
    code = await buildWorker(folder);
    server = createServer((request, response) => {
      const isScript = request.url === '/dist/worker.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? readFileSync(join(folder, 'dist/worker.js')) : '<link rel="icon" href="data:,">');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await browser.visit(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  /** Runs a program in a worker of the page. */
  function runInPage(text: string): Promise<Outcome> {
    const script = `new Promise((resolve) => {
      const worker = new Worker('/dist/worker.js');
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => { event.preventDefault(); resolve({ error: { message: event.message, line: event.lineno } }); };
      worker.postMessage(${JSON.stringify({ text, wire: WIRE })});
    })`;
    return browser.page.evaluate<Outcome>(script);
  }

  it('makes the same system calls and prints the same lines in Chromium as in Node, byte for byte', async () => {
    const here = run(EVERYTHING);
    const there = await runInPage(EVERYTHING);
    const log = logOf(here);
    expect(log).toContain('ECONNREFUSED connect ECONNREFUSED 127.0.0.1:1');
    expect(log).toContain("TimeoutError [ 1, 'two', { three: <Buffer 68 69> } ]");
    expect(log).toContain('> b 2 b 2 ü');
    expect(log).toMatch(/line 46: RangeError: the last line\n$/);
    expect(there.log).toBe(log);
    expect(here.calls.length).toBeGreaterThan(100);
    expect(run(EVERYTHING)).toEqual(here);
  });

  it('records the events of the loop, the lines of the program, the sockets and the packets on the wire', async () => {
    const here = run(EVERYTHING);
    const { recording } = await runInPage(EVERYTHING);
    expect(recording?.trace).toEqual(here.trace);
    expect(recording?.sockets).toEqual(here.sockets);
    expect(recording?.packets).toEqual(here.packets);
    const places = Object.values(recording?.trace?.names ?? {}).map(({ place }) => place);
    expect(new Set(places.map((place) => place?.file))).toEqual(new Set([undefined, '/program.js']));
    expect(places.map((place) => place?.line)).toContain(18); // the sleep of talk
    const [syn] = recording?.packets ?? [];
    expect(syn?.text).toMatch(/ SYN/);
    expect(syn?.arrival?.atMs).toBe((syn?.atMs ?? 0) + WIRE.latencyMs);
    const states = recording?.sockets.flatMap(({ rows }) => rows.map(({ state }) => state));
    for (const state of ['LISTEN', 'SYN_SENT', 'ESTABLISHED']) expect(states).toContain(state);
  });

  it('says at which line a program is wrong', async () => {
    const misspelt = await runInPage('const a = 1;\n\nconst b = = 2;\n');
    expect(misspelt.error?.line).toBe(3);
    expect(misspelt.error?.message).toContain('SyntaxError');
    const thrown = await runInPage("import { runSync } from 'selectloop';\nfunction f() {\n  null.x;\n}\nf();");
    expect(thrown.recording?.problem?.line).toBe(3);
    const unknown = await runInPage("import fs from 'node:fs';\n");
    expect(unknown.error?.message).toContain('import');
    const other = await runInPage("import { readFileSync } from 'node:fs';\n");
    expect(other.recording?.problem?.message).toContain("selectloop/sockets, got 'node:fs'");
  });

  it('ends a program that would hang, and one that waits without end', async () => {
    const hangs = await runInPage(
      "import { Event, runSync } from 'selectloop';\nrunSync(function* () { yield* new Event().wait(); });",
    );
    expect(hangs.recording?.problem?.message).toContain('DeadlockError: nothing can wake the event loop');
    const endless = await runInPage(
      "import { runSync, sleep } from 'selectloop';\nrunSync(function* () { for (;;) yield* sleep(1000); });",
    );
    expect(endless.recording?.problem?.message).toContain('has waited 5000 times');
    const process = await runInPage(
      "import { createSubprocess, runSync } from 'selectloop';\nrunSync(() => createSubprocess(['ls']));",
    );
    expect(process.recording?.problem?.message).toContain('expected Node, got a web page');
  });

  it(`takes less than ${MOST_BYTES} bytes, compressed`, () => {
    expect(gzipSync(code, { level: 9 }).length).toBeLessThan(MOST_BYTES);
  });
});
