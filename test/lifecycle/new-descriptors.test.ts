/** A worker may be terminated as soon as a system call has made a descriptor, before any JavaScript that would take ownership of it. */

import { expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';

/** Calls the addon directly, so that no object owns the results. Posts the numbers of the descriptors. */
const WORKER = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { AF_INET, AF_UNIX, SOCK_STREAM, pipe } from 'selectloop';
  const addon = { exports: {} };
  process.dlopen(addon, workerData + '/build/Release/selectloop.node');
  const native = addon.exports;
  native.adoptCreated(); // as the library does for its own instance
  const pairOf = (fill) => { const pair = new Int32Array(2); fill(pair); return [...pair]; };
  const newPair = () => pairOf((pair) => native.socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  const listener = native.socket(AF_INET, SOCK_STREAM, 0);
  const address = { family: AF_INET, host: '127.0.0.1', port: 0 };
  native.bind(listener, address);
  native.listen(listener, 1);
  native.getsockname(listener, address);
  const client = native.socket(AF_INET, SOCK_STREAM, 0);
  native.connect(client, address);
  const accepted = native.accept(listener, false, {});
  const made = [listener, client, accepted, ...newPair(), ...pairOf((pair) => native.pipe(pair)), native.eventfd(), native.dup(client)];
  const closed = newPair();
  const handedOver = newPair();
  for (const number of handedOver) native.disown(number);
  const { read, write } = pipe();
  for (const number of closed) native.close(number);
  parentPort.postMessage({ made, closed, callers: [...handedOver, read, write] });
  setInterval(() => undefined, 1000);
`;

it('what a terminated worker has just created is closed, and what it has closed or handed over is left alone', async () => {
  const ending = await runProgram(`
    import { once } from 'node:events';
    import { fstatSync, openSync } from 'node:fs';
    import { Worker } from 'node:worker_threads';
    const isOpen = (number) => { try { fstatSync(number); return true; } catch { return false; } };
    const worker = new Worker(${JSON.stringify(WORKER)}, {
      eval: true, execArgv: ['--input-type=module'], workerData: process.cwd(),
    });
    const [{ made, closed, callers }] = await once(worker, 'message');
    const before = made.every(isOpen);
    const reused = [openSync('/dev/null'), openSync('/dev/null')];
    await worker.terminate();
    console.log(JSON.stringify({
      made: [made.length, before, made.some(isOpen)],
      reused: [reused.some((number) => closed.includes(number)), reused.every(isOpen)],
      callers: callers.every(isOpen),
    }));
  `);
  expect(ending.stderr).toBe('');
  expect(JSON.parse(ending.stdout)).toEqual({ made: [9, true, false], reused: [true, true], callers: true });
});
