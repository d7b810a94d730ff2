// The classic load test for an echo server: 3 processes with 300 connections each send messages of one KiB and check the echo.
// Start a server first (echogood, echoserver, tiny/net/select-echo, npm start), then this program with the server's --port.
// Watch all 900 conversations succeed. A server that serves one client at a time (echobad) needs --one-by-one; try it without.

import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { Socket, type Steps, gather, run, sockConnect, sockRecv, sockSendAll } from 'selectloop';

import { program } from '../support/program.js';

/** The load of one process. */
export interface Load {
  port: number;
  connections: number;
  /** Messages on each connection, one after the other. */
  messages: number;
  bytes: number;
  /** Opens each connection only after the previous one was closed. */
  oneByOne: boolean;
}

const CODE_OF_A = 65;

/** Makes a message of capital letters and CRLF, so that servers which answer lines in capitals return it unchanged. */
function message(bytes: number): Buffer {
  return Buffer.concat([Buffer.alloc(bytes - 2, CODE_OF_A + randomInt(26)), Buffer.from('\r\n')]);
}

function* converse({ port, messages, bytes }: Load): Steps<void> {
  const socket = new Socket();
  try {
    socket.setBlocking(false);
    yield* sockConnect(socket, { host: '127.0.0.1', port });
    for (let i = 0; i < messages; i += 1) {
      const sent = message(bytes);
      yield* sockSendAll(socket, sent);
      const chunks: Buffer[] = [];
      for (let missing = bytes; missing > 0; missing -= chunks.at(-1)!.length) {
        chunks.push(yield* sockRecv(socket, missing));
        if (chunks.at(-1)!.length === 0) throw new Error(`the server closed with ${missing} bytes missing`);
      }
      if (!Buffer.concat(chunks).equals(sent)) throw new Error('the echo differs from the message');
    }
  } finally {
    socket.close();
  }
}

/** Does the work of one process. Resolves with the number of messages that were echoed. */
export async function blast(load: Load): Promise<number> {
  await run(function* () {
    const conversations = Array.from({ length: load.connections }, () => converse(load));
    if (!load.oneByOne) yield* gather(conversations);
    else for (const conversation of conversations) yield* conversation;
  });
  return load.connections * load.messages;
}

/** Runs one process of the load. Resolves with its number of messages. */
async function inChild(args: readonly string[]): Promise<number> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [...args, '--child']);
  let count = 0;
  child.on('message', (message) => (count = message as number));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('a child process of the blaster failed');
  return count;
}

await program(import.meta, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '7007' },
      processes: { type: 'string', default: '3' },
      connections: { type: 'string', default: '300' },
      messages: { type: 'string', default: '10' },
      bytes: { type: 'string', default: '1024' },
      'one-by-one': { type: 'boolean', default: false },
      child: { type: 'boolean', default: false },
    },
  });
  const [port, processes, connections, messages, bytes] = [
    values.port,
    values.processes,
    values.connections,
    values.messages,
    values.bytes,
  ].map(Number) as [number, number, number, number, number];
  if (values.child) {
    process.send!(await blast({ port, connections, messages, bytes, oneByOne: values['one-by-one'] }));
    return;
  }
  console.log(`${processes} processes x ${connections} connections x ${messages} messages of ${bytes} bytes`);
  const startMs = performance.now();
  const counts = await Promise.all(Array.from({ length: processes }, () => inChild(args)));
  const seconds = (performance.now() - startMs) / 1000;
  const total = counts.reduce((sum, count) => sum + count, 0);
  console.log(`${total} messages were echoed correctly`);
  console.log(
    `${seconds.toFixed(1)} s, ${Math.round(total / seconds)} messages per second, including the start of the processes`,
  );
});
