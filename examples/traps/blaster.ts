// The classic load test for an echo server: 3 processes with 300 connections each, and messages of one KiB that must come back.
// Start a server first (echogood, echoserver, tiny/net/select-echo, npm start), then this, with the server's --port.
// Watch all 900 conversations end well. A server of one client at a time (echobad) needs --one-by-one, and you will see why.

import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { Socket, type Steps, gather, run, sockConnect, sockRecv, sockSendAll } from 'selectloop';

import { program } from '../support/program.js';

/** What one process does. */
export interface Load {
  port: number;
  connections: number;
  /** Messages on each connection, one after the other. */
  messages: number;
  bytes: number;
  /** The next connection begins when the one before has ended. */
  oneByOne: boolean;
}

const CODE_OF_A = 65;

/** Capital letters and a line end: also servers that answer line by line, in capitals, give it back unchanged. */
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
      if (!Buffer.concat(chunks).equals(sent)) throw new Error('what came back is not what was sent');
    }
  } finally {
    socket.close();
  }
}

/** The work of one process; resolves with the number of messages that came back. */
export async function blast(load: Load): Promise<number> {
  await run(function* () {
    const conversations = Array.from({ length: load.connections }, () => converse(load));
    if (!load.oneByOne) yield* gather(conversations);
    else for (const conversation of conversations) yield* conversation;
  });
  return load.connections * load.messages;
}

/** Runs one process of the load; resolves with its count. */
async function inChild(args: readonly string[]): Promise<number> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [...args, '--child']);
  let count = 0;
  child.on('message', (message) => (count = message as number));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('a process of the blaster has failed');
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
  console.log(`${total} messages came back as they were sent`);
  console.log(
    `${seconds.toFixed(1)} s, ${Math.round(total / seconds)} messages a second, the start of the processes included`,
  );
});
