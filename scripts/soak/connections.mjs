/**
 * Connections to the echo server, open at the same time; each echoes once a second. Part of `npm run soak`.
 *
 * The server is `selectloop echo --api protocol --selector epoll` in a separate process; the clients use node:net in this one. Fails on
 * any error, any echo that is wrong or takes more than a second, and any descriptor that the server leaks. Prints the memory per
 * connection.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '30' },
    api: { type: 'string', default: 'protocol' },
  },
});
const COUNT = Number(values.connections);
const SECONDS = Number(values.seconds);
const MESSAGE_BYTES = 64;

const openFiles = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))[1]);
if (openFiles < COUNT + 100) {
  console.error(
    `${COUNT} connections need as many descriptors, but the limit is ${openFiles}: run ulimit -n ${COUNT + 1000}`,
  );
  process.exit(2);
}

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const server = spawn(process.execPath, [main, 'echo', '--port', '0', '--api', values.api, '--selector', 'epoll']);
server.stderr.pipe(process.stderr);
const port = await new Promise((resolve) => {
  let printed = '';
  server.stdout.on('data', (data) => {
    printed += data;
    const match = /echo server on \S+:(\d+)\n/.exec(printed);
    if (match !== null) resolve(Number(match[1]));
  });
});

const status = (name) =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${server.pid}/status`))[1]);
const rssKiB = () => status('VmRSS');
const descriptors = () => readdirSync(`/proc/${server.pid}/fd`).length;

const problems = new Map();
const problem = (text) => problems.set(text, (problems.get(text) ?? 0) + 1);

class Client {
  received = 0;
  expected = 0;

  static async open(number) {
    const client = new Client();
    client.message = Buffer.alloc(MESSAGE_BYTES, `${number} `);
    client.socket = connect(port, '127.0.0.1');
    await once(client.socket, 'connect');
    client.socket.on('error', (error) => problem(error.code));
    client.socket.on('end', () => problem('closed by the server'));
    client.socket.on('data', (data) => {
      for (const byte of data) {
        if (byte !== client.message[client.received % MESSAGE_BYTES]) problem('wrong byte');
        client.received += 1;
      }
    });
    return client;
  }

  echo() {
    if (this.received !== this.expected) problem('an echo took more than a second');
    this.expected += MESSAGE_BYTES;
    this.socket.write(this.message);
  }
}

// Open one connection first, so that one-time costs are not counted.
(await Client.open(-1)).socket.destroy();
await sleep(500);
const before = { rss: rssKiB(), descriptors: descriptors() };
const clients = [];
while (clients.length < COUNT) {
  const some = Array.from({ length: Math.min(100, COUNT - clients.length) }, (_, i) => Client.open(clients.length + i));
  clients.push(...(await Promise.all(some)));
}
await sleep(2000);
const idleRss = rssKiB();
console.log(`${COUNT} idle connections: ${((idleRss - before.rss) / COUNT).toFixed(2)} KiB each (RSS ${idleRss} KiB)`);

const SLICES = 100; // per second: spreads the echoes evenly, like those of real clients
const startMs = performance.now();
for (let turn = 0; turn < SECONDS * SLICES; turn += 1) {
  const from = turn % SLICES;
  for (let i = from; i < COUNT; i += SLICES) clients[i].echo();
  await sleep(Math.max(0, startMs + ((turn + 1) * 1000) / SLICES - performance.now()));
}
await sleep(1000);
const elapsed = (performance.now() - startMs - 1000) / 1000;
const echoes = clients.reduce((sum, { received }) => sum + received, 0) / MESSAGE_BYTES;
console.log(`${echoes} echoes in ${elapsed.toFixed(1)} s; RSS ${rssKiB()} KiB, at most ${status('VmHWM')} KiB`);
if (elapsed > SECONDS * 1.05) problem('the clients could not keep the pace: this machine is too busy');
if (echoes !== COUNT * SECONDS) problem(`${COUNT * SECONDS - echoes} echoes are missing`);

for (const { socket } of clients) {
  socket.removeAllListeners('end').end();
}
for (let i = 0; i < 50 && descriptors() > before.descriptors; i += 1) await sleep(100);
if (descriptors() !== before.descriptors) problem(`${descriptors() - before.descriptors} descriptors are left`);

server.kill('SIGINT');
const [code] = await once(server, 'exit');
if (code !== 0) problem(`the server exited with code ${code}`);
for (const [text, count] of problems) console.error(`${text} (${count} times)`);
console.log(problems.size === 0 ? 'no error, nothing left' : 'failed');
process.exit(problems.size === 0 ? 0 : 1);
