/** An echo server and three clients in one loop. With `--forever` the clients do not stop. */

import { createTask, run, sleep, startServer, openConnection, taskGroup } from 'selectloop';

const rounds = process.argv.includes('--forever') ? Infinity : 4;

async function echo(reader, writer) {
  for await (const chunk of reader) {
    writer.write(chunk);
    await writer.drain();
  }
  writer.close();
}

async function client(port, pauseMs) {
  const { reader, writer } = await openConnection('127.0.0.1', port);
  for (let i = 0; i < rounds; i += 1) {
    writer.write(Buffer.from('hello\n'));
    await reader.readline();
    await sleep(pauseMs);
  }
  writer.close();
  await writer.waitClosed();
}

await run(async function main() {
  const server = await startServer(echo, '127.0.0.1', 0);
  createTask(() => sleep(60_000), { name: 'watchdog' });
  await taskGroup(async (group) => {
    const { port } = server;
    for (const [i, pauseMs] of [3, 5, 8].entries())
      group.createTask(() => client(port, pauseMs), { name: `client-${i + 1}` });
  });
  server.close();
});
