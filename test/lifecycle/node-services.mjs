/**
 * Node's services, each used once and checked: they must all work while a loop runs in the same thread.
 *
 * This file does not use selectloop. It is plain JavaScript because vitest and child programs on every Node version run it.
 */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { pbkdf2 } from 'node:crypto';
import { lookup } from 'node:dns';
import dnsPromises from 'node:dns/promises';
import { once } from 'node:events';
import fs, { watch } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { MessageChannel, Worker, isMainThread } from 'node:worker_threads';

/** libuv counts whole milliseconds, so Node's timers may be early by a fraction of one. */
const EARLY_MS = 1;
/** A busy machine with two cores may delay a timer; a delay as long as the loop's wait would be a fault. */
const LATE_MS = 400;

function assertOnTime(elapsedMs, wantedMs) {
  assert.ok(elapsedMs >= wantedMs - EARLY_MS, `early: ${elapsedMs} of ${wantedMs} ms`);
  assert.ok(elapsedMs <= wantedMs + LATE_MS, `late: ${elapsedMs} instead of ${wantedMs} ms`);
}

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

async function closed(server) {
  server.close();
  await once(server, 'close');
}

async function inTemporaryFolder(body) {
  const folder = await mkdtemp(join(tmpdir(), 'selectloop-services-'));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const everywhere = {
  'fs.promises': () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'file');
      await writeFile(path, 'some text');
      assert.equal(await readFile(path, 'utf8'), 'some text');
      const file = await open(path);
      try {
        assert.equal((await file.stat()).size, 9);
      } finally {
        await file.close();
      }
    }),

  'fs streams': () =>
    inTemporaryFolder(async (folder) => {
      const [from, to] = [join(folder, 'from'), join(folder, 'to')];
      await writeFile(from, Buffer.alloc(300_000, 'x'));
      await pipeline(fs.createReadStream(from), fs.createWriteStream(to));
      assert.equal((await readFile(to)).length, 300_000);
    }),

  'fs.watch': () =>
    inTemporaryFolder(async (folder) => {
      const watcher = watch(folder);
      const changed = once(watcher, 'change');
      await writeFile(join(folder, 'new'), '');
      const [, name] = await changed;
      assert.equal(name, 'new');
      watcher.close();
      await once(watcher, 'close');
    }),

  'dns.lookup': async () => {
    const { address } = await promisify(lookup)('localhost', { family: 4 });
    assert.equal(address, '127.0.0.1');
  },

  'dns.promises': async () => {
    const { address } = await dnsPromises.lookup('localhost', { family: 4 });
    assert.equal(address, '127.0.0.1');
  },

  'the thread pool': async () => {
    const key = await promisify(pbkdf2)('secret', 'salt', 10, 16, 'sha256');
    assert.equal(key.length, 16);
  },

  'a node:net server and client': async () => {
    const server = createServer((socket) => socket.pipe(socket));
    const client = connect(await listening(server), '127.0.0.1');
    const message = Buffer.alloc(200_000, 'net ');
    client.end(message);
    const pieces = [];
    for await (const piece of client) pieces.push(piece);
    assert.ok(Buffer.concat(pieces).equals(message));
    await closed(server);
  },

  'fetch of a node:http server': async () => {
    const server = createHttpServer((request, response) => {
      response.setHeader('connection', 'close'); // otherwise fetch keeps the connection and its descriptor
      response.end(`you asked for ${request.url}`);
    });
    const response = await fetch(`http://127.0.0.1:${await listening(server)}/it`);
    assert.equal(await response.text(), 'you asked for /it');
    await closed(server);
  },

  'setTimeout, on time': async () => {
    for (const wanted of [1, 20, 70]) {
      const start = performance.now();
      await new Promise((resolve) => setTimeout(resolve, wanted));
      assertOnTime(performance.now() - start, wanted);
    }
  },

  'setTimeout, in the order of their times': async () => {
    const order = [];
    await Promise.all([60, 1, 30].map((ms) => delay(ms).then(() => order.push(ms))));
    assert.deepEqual(order, [1, 30, 60]);
  },

  'setTimeout, on time after a second of nothing': async () => {
    await delay(1000);
    const start = performance.now();
    await delay(50);
    assertOnTime(performance.now() - start, 50);
  },

  setImmediate: async () => {
    const start = performance.now();
    for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
    assertOnTime(performance.now() - start, 0);
  },

  setInterval: async () => {
    const start = performance.now();
    await new Promise((resolve) => {
      let ticks = 0;
      const interval = setInterval(() => {
        ticks += 1;
        if (ticks < 5) return;
        clearInterval(interval);
        resolve();
      }, 10);
    });
    const elapsed = performance.now() - start;
    assert.ok(elapsed >= 5 * (10 - EARLY_MS), `five ticks of 10 ms after ${elapsed} ms`);
  },

  'messages of a worker': async () => {
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       parentPort.on('message', (n) => (n === 0 ? parentPort.close() : parentPort.postMessage(n + 1)));`,
      { eval: true, execArgv: [] }, // without the --input-type of this program, if any
    );
    for (const n of [1, 2, 3]) {
      worker.postMessage(n);
      assert.deepEqual(await once(worker, 'message'), [n + 1]);
    }
    worker.postMessage(0);
    assert.deepEqual(await once(worker, 'exit'), [0]);
  },

  'a message channel': async () => {
    const { port1, port2 } = new MessageChannel();
    port2.postMessage('through');
    assert.deepEqual(await once(port1, 'message'), ['through']);
    port1.close();
  },

  'the exit of a child process': async () => {
    const child = spawn('sh', ['-c', 'exit 7'], { stdio: 'ignore' });
    assert.deepEqual(await once(child, 'exit'), [7, null]);
    const { stdout } = await promisify(execFile)('sh', ['-c', 'echo $((6 * 7))']);
    assert.equal(stdout, '42\n');
  },

  'process.nextTick before queueMicrotask, both before the next macrotask': async () => {
    const order = [];
    await new Promise((resolve) => {
      setTimeout(() => {
        setImmediate(() => {
          order.push('immediate');
          resolve();
        });
        queueMicrotask(() => order.push('microtask'));
        process.nextTick(() => order.push('nextTick'));
        order.push('callback');
      }, 1);
    });
    assert.deepEqual(order, ['callback', 'nextTick', 'microtask', 'immediate']);
  },
};

/** Signals go to the main thread only. */
const inMainThread = {
  "process.on('SIGUSR2')": async () => {
    const arrived = once(process, 'SIGUSR2');
    const keepsAlive = setInterval(() => undefined, 10_000); // a signal handler does not
    setTimeout(() => process.kill(process.pid, 'SIGUSR2'), 5);
    assert.deepEqual(await arrived, ['SIGUSR2', 12]);
    clearInterval(keepsAlive);
  },
};

/** By name: a function whose promise is rejected if the service does not work. */
export const services = isMainThread ? { ...everywhere, ...inMainThread } : everywhere;
