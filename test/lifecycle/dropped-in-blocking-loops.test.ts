/**
 * What the program has dropped without closing it, in a blocking loop. Finalizers do not run there, because the whole run is one job of the
 * engine; what they would have closed is closed when the loop ends, or right after.
 */

import { readdirSync } from 'node:fs';
import { setImmediate as nextTurnOfNode } from 'node:timers/promises';

import { expect, it } from 'vitest';

import {
  type ExceptionContext,
  type Steps,
  createServer,
  createTask,
  getRunningLoop,
  openConnection,
  runSync,
  sleep,
  startServer,
} from 'selectloop';
import { Socket } from 'selectloop/sockets';

import { recordResourceWarnings } from '../support/resource-warnings.js';

const DROPPED = 20;

const warnings = recordResourceWarnings();

const descriptors = (): number => readdirSync('/proc/self/fd').length;

/** Runs a body in a blocking loop. Returns how many descriptors it has left, and what was reported. */
function leftBy(body: () => Steps<void>): { left: number; reports: string[] } {
  const reports: string[] = [];
  const before = descriptors();
  runSync(function* () {
    getRunningLoop().setExceptionHandler((_, { message }: ExceptionContext) => void reports.push(message));
    yield* body();
    globalThis.gc!();
    yield* sleep(1);
  });
  return { left: descriptors() - before, reports };
}

it('connections are reported and closed when the loop ends', () => {
  const { left, reports } = leftBy(function* () {
    const server = yield* startServer(() => undefined, '127.0.0.1', 0); // a handler that closes nothing
    for (let i = 0; i < DROPPED; i += 1) yield* openConnection('127.0.0.1', server.port);
    yield* sleep(5);
  });
  expect(left).toBe(0);
  expect(reports).toEqual(Array(2 * DROPPED).fill(expect.stringMatching(/^unclosed transport <SocketTransport/)));
});

it('transports that do not read are reported and closed when the loop ends', () => {
  const { left, reports } = leftBy(function* () {
    const paused = { connectionMade: (transport: { pauseReading(): void }) => transport.pauseReading() };
    const server = yield* createServer(() => paused, '127.0.0.1', 0);
    for (let i = 0; i < DROPPED; i += 1) (yield* openConnection('127.0.0.1', server.port)).writer.close();
    yield* sleep(5);
    server.close();
  });
  expect(left).toBe(0);
  expect(reports.length).toBe(DROPPED);
});

it('errors that were never retrieved, and in debug mode coroutines never awaited, are reported when the loop ends', () => {
  const { reports } = leftBy(function* () {
    getRunningLoop().setDebug(true);
    createTask(function* (): Steps<void> {
      throw new Error('nobody asks');
    });
    void sleep(1);
    yield* sleep(1);
  });
  // The garbage collection is a slow callback.
  expect(reports.filter((report) => !report.startsWith('Executing')).sort()).toEqual([
    expect.stringMatching(/^Task '.*' exception was never retrieved$/),
    'coroutine sleep() was never awaited',
  ]);
});

it('sockets are closed with a warning once the run has returned and garbage is collected', async () => {
  const before = descriptors();
  const { left } = leftBy(function* () {
    for (let i = 0; i < DROPPED; i += 1) new Socket();
    yield* sleep(1);
  });
  expect(left).toBe(DROPPED);
  for (let i = 0; i < 20 && descriptors() > before; i += 1) {
    globalThis.gc!();
    await nextTurnOfNode();
  }
  expect(descriptors()).toBe(before);
  expect(warnings).toEqual(Array(DROPPED).fill(expect.stringMatching(/^unclosed socket fd=\d+: close\(\) it/)));
});
