/** Tests that a viewer can stop a loop in another process, look at it, go step by step, and set breakpoints. */

import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Breakpoint } from '../../lib/inspect/protocol.js';
import { type ChildProgram, startProgram } from '../support/child-program.js';
import { ProcessViewer, doorOf } from './process-viewer.js';

/**
 * Does again and again what a breakpoint can wait for. When it gets a line, it is stuck for two seconds, and has nothing to do afterwards.
 */
const PROGRAM = `
  import { createTask, getRunningLoop, run, runSync, sleep, waitReadable } from 'selectloop';
  import { socketpair } from 'selectloop/sockets';

  function* main() {
    const loop = getRunningLoop();
    loop.setExceptionHandler(() => undefined);
    let isIdle = false;
    const every = (ms, action) => loop.callLater(ms, function again() {
      if (isIdle) return;
      loop.callLater(ms, again);
      action();
    });
    every(20, () => {
      throw new Error('boom');
    });
    every(40, () => {
      const endMs = performance.now() + 15;
      while (performance.now() < endMs);
    });
    every(30, () => {
      for (let i = 0; i < 5; i += 1) loop.callSoon(() => undefined);
    });
    const [near, far] = socketpair();
    near.setBlocking(false);
    loop.addReader(far, () => far.recv(100));
    every(25, () => near.send(Buffer.from('x')));
    every(35, () => createTask(function* () { throw new Error('failed'); }, { name: 'failing' }).addDoneCallback((task) => task.exception()));
    function spin() {
      for (const endMs = performance.now() + 2000; performance.now() < endMs;);
    }
    createTask(function* () {
      yield* waitReadable(0);
      spin();
      isIdle = true;
    }, { name: 'spinner' });
    createTask(function* () { yield* sleep(1e6); }, { name: 'victim' });
    createTask(function* () { yield* sleep(1e6); }, { name: 'other' });
    createTask(function* () { while (!isIdle) yield* sleep(5); }, { name: 'ticker' });
    yield* sleep(1e6);
  }
  if (process.env.BLOCKING) runSync(main);
  else await run(main);
`;

describe.each([
  ['hosted', {}],
  ['blocking', { BLOCKING: '1' }],
])('a viewer of a loop that is %s', (_, env) => {
  let program: ChildProgram;
  let path = '';
  let viewer: ProcessViewer;
  beforeAll(async () => {
    program = startProgram(PROGRAM, { env: { ...env, SELECTLOOP_INSPECT: 'stop' } });
    path = await doorOf(program.process.pid ?? 0);
    viewer = new ProcessViewer(path);
    expect(await viewer.next('hello')).toMatchObject({ control: true });
  });
  afterAll(() => program.process.kill('SIGKILL'));

  it('finds it stopped before its first iteration, and goes from station to station', async () => {
    expect((await viewer.ask('loop')).statistics).toMatchObject({ iterations: 1, tasks: 1 });
    const stations: string[] = [];
    for (let i = 0; i < 6; i += 1) {
      viewer.send({ do: 'step' });
      const { station, iteration } = await viewer.stopped();
      stations.push(`${iteration} ${station}`);
    }
    expect(stations).toEqual(['1 select', '1 descriptors', '1 timers', '1 run', '2 timeout', '2 select']);
    viewer.send({ do: 'iteration' });
    expect(await viewer.stopped()).toMatchObject({ station: 'timeout', iteration: 3, handle: null });
  });

  it('sees the iterations and the time of the loop stand still while it is stopped', async () => {
    viewer.send({ do: 'pause' });
    const before = await viewer.ask('loop');
    await wait(100);
    const after = await viewer.ask('loop');
    expect(after).toEqual(before);
    viewer.send({ do: 'step' });
    const { atMs } = await viewer.stopped();
    expect(atMs - before.atMs).toBeLessThan(90);
  });

  it('stops it at breakpoints', async () => {
    const tasks = await viewer.ask('tasks');
    const victim = tasks.rows.find(({ name }) => name === 'victim');
    const breakpoints: Array<[Breakpoint, RegExp]> = [
      [{ on: 'resumes', task: 'ticker' }, /^task ticker resumes$/],
      [{ on: 'timer' }, /^a timer fires$/],
      [{ on: 'throws' }, /^a handle has thrown$/],
      [{ on: 'slow', ms: 10 }, /^a handle ran for \d+\.\d ms$/],
      [{ on: 'queue', longerThan: 4 }, /^\d+ handles are ready$/],
      [{ on: 'ready' }, /^fd \d+ is ready$/],
      [{ on: 'fails', task: 'failing' }, /^task failing is failed$/],
      [{ on: 'cancelled' }, /^task victim is cancelled$/],
    ];
    for (const [breakpoint, reason] of breakpoints) {
      viewer.send({ break: [{ on: 'fails', task: 'no such task' }, breakpoint] });
      if (breakpoint.on === 'cancelled') viewer.send({ cancelTask: victim?.id });
      viewer.send({ do: 'run' });
      const stop = await viewer.stopped();
      expect(stop.reason, JSON.stringify(breakpoint)).toMatch(reason);
    }
  });

  it('goes on slowly, at the limit of a pause, and when the last viewer that has controlled it leaves', async () => {
    viewer.send({ break: [] });
    viewer.send({ do: 'slow', rate: 50 });
    for (let i = 0; i < 3; i += 1) while ((await viewer.stopped()).reason !== 'slow');
    viewer.send({ do: 'pause', limitMs: 50 });
    while ((await viewer.stopped()).reason !== 'step');
    expect(await viewer.next('paused')).toBeNull();

    const breakpoints = [{ on: 'iteration', number: 1e9 }];
    viewer.send({ break: breakpoints });
    expect(await viewer.next('breakpoints')).toEqual(breakpoints);
    viewer.send({ do: 'pause' });
    const { iteration } = await viewer.stopped();
    const onlooker = new ProcessViewer(path);
    await onlooker.next('hello');
    expect(await onlooker.next('paused')).toMatchObject({ iteration });
    expect(await onlooker.next('breakpoints')).toEqual(breakpoints);
    const third = new ProcessViewer(path);
    await third.next('hello');
    third.leave();
    expect((await onlooker.ask('loop')).statistics).toMatchObject({ iterations: iteration });
    viewer.leave();
    expect(await onlooker.next('breakpoints')).toEqual([]);
    expect(await onlooker.next('paused')).toBeNull();
    await expect.poll(async () => (await onlooker.ask('loop')).statistics['iterations']).toBeGreaterThan(iteration + 2);
    onlooker.leave();
  });

  it('learns where it is stuck, while it is', async () => {
    const watcher = new ProcessViewer(path);
    await watcher.next('hello');
    program.process.stdin?.write('spin\n');
    watcher.send({ want: ['loop'], everyMs: 100 });
    const stuck = await watcher.next('stuck');
    expect(stuck?.frames[0]).toMatch(/^spin \(.*:\d+\)$/);
    expect(stuck?.ms).toBeGreaterThan(450);
    await watcher.next('loop');
    watcher.leave();
  });

  it('learns that the loop runs when slow motion ends between two stops', async () => {
    const watcher = new ProcessViewer(path);
    await watcher.next('hello');
    watcher.send({ do: 'slow', rate: 1000 });
    while ((await watcher.stopped()).station !== 'select');
    await wait(200); // it polls now, with nothing to wait for
    watcher.send({ do: 'run' });
    while ((await watcher.next('paused')) !== null);
    watcher.leave();
  });
});
