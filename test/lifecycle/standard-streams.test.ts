/** The numbers 0, 1 and 2 are never free, whatever closes them, in separate programs. */

import { fileURLToPath } from 'node:url';

import { createSubprocess, run, sockRecv, socketpair, waitFor } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PRELUDE = `
  import { readlinkSync } from 'node:fs';
  import { once } from 'node:events';
  import { Worker } from 'node:worker_threads';
  import {
    Socket, StreamReader, StreamReaderProtocol, connectAcceptedSocket, connectReadPipe, connectWritePipe, fd, run, runSync, sleep,
    toThread
  } from 'selectloop';
  import { toDuplex } from 'selectloop/node';
  const fileOf = (number) => { try { return readlinkSync('/proc/self/fd/' + number); } catch (error) { return error.code; } };
`;

/** Starts two threads, whose libuv aborts the process if one of its descriptors is 0, 1 or 2. */
const THREADS = `
  const threads = async () => {
    await once(new Worker('', { eval: true }), 'exit');
    return await run(() => toThread((a, b) => a + b, 20, 22));
  };
`;

describe.concurrent('a closed standard stream becomes /dev/null', () => {
  it.each([0, 2])('by fd.close(%i)', async (number) => {
    const ending = await runProgram(`${PRELUDE}${THREADS}
      fd.close(${number});
      console.log(fileOf(${number}), await threads());
    `);
    expect(ending).toEqual({ code: 0, signal: null, stdout: '/dev/null 42\n', stderr: '' });
  });

  it('by fd.close(1)', async () => {
    const ending = await runProgram(`${PRELUDE}${THREADS}
      fd.close(1);
      console.error(fileOf(1), await threads());
    `);
    expect(ending).toEqual({ code: 0, signal: null, stdout: '', stderr: '/dev/null 42\n' });
  });

  it.each(['run', 'runSync'])('by the end of connectReadPipe(0) and of connectWritePipe(2), in %s', async (call) => {
    const ending = await runProgram(
      `${PRELUDE}${THREADS}
      const text = await ${call}(function* () {
        const reader = new StreamReader();
        yield* connectReadPipe(() => new StreamReaderProtocol(reader), 0);
        const { transport } = yield* connectWritePipe(() => ({}), 2);
        const text = String(yield* reader.read());
        transport.close();
        yield* sleep(20);
        return text;
      });
      console.log(text, fileOf(0), fileOf(2), await threads());
    `,
      { stdin: 'some input' },
    );
    expect(ending).toEqual({ code: 0, signal: null, stdout: 'some input /dev/null /dev/null 42\n', stderr: '' });
  });

  it('by the end of a worker that has a socket there', async () => {
    const ending = await runProgram(
      `${PRELUDE}${THREADS}
      const worker = new Worker(\`
        const { Socket } = require('selectloop');
        globalThis.kept = Socket.fromFd(0);
        require('node:worker_threads').parentPort.postMessage(kept.fileno());
        setInterval(() => undefined, 1000);
      \`, { eval: true, execArgv: [] });
      const [number] = await once(worker, 'message');
      await worker.terminate();
      console.log(number, fileOf(0), await threads());
    `,
      { stdin: '' },
    );
    expect(ending).toEqual({ code: 0, signal: null, stdout: '0 /dev/null 42\n', stderr: '' });
  });
});

it('a net.Socket on standard input is closed like any other, so that its peer gets EOF', async () => {
  const program = `${PRELUDE}${THREADS}
    await run(async () => {
      const { transport } = await connectAcceptedSocket(() => ({}), Socket.fromFd(0));
      const socket = toDuplex(transport);
      socket.resume().end('bye');
      socket.destroySoon();
      await once(socket, 'close');
    });
    console.log(fileOf(0), await threads());
    setInterval(() => undefined, 1000); // its peer does not have to wait for the end of the process
  `;
  await run(async () => {
    const [ours, theirs] = socketpair();
    ours.setBlocking(false);
    const args = ['--input-type=module', '--eval', program];
    const { NODE_OPTIONS: _, ...env } = process.env;
    await using child = await createSubprocess(process.execPath, args, {
      stdin: theirs,
      stdout: 'pipe',
      cwd: ROOT,
      env,
    });
    theirs.close();
    const received: Buffer[] = [];
    for (let data; (data = await waitFor(sockRecv(ours, 1024), 30_000)).length > 0;) received.push(data);
    ours.close();
    expect(String(Buffer.concat(received))).toBe('bye');
    expect(String(await child.stdout!.readline())).toBe('/dev/null 42\n');
  });
});
