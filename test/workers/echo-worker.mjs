/** A worker for tests: answers each line with its process id. Its arguments: 'crash' ends it immediately. */

if (process.argv.includes('crash')) process.exit(7);
const { run, startServer } = await import('selectloop');

await run(async () => {
  const answer = async (reader, writer) => {
    while ((await reader.readline()).length > 0) {
      writer.write(Buffer.from(`${process.pid}\n`));
      await writer.drain();
    }
    writer.close();
  };
  const server = await startServer(answer, '127.0.0.1', 7007, { listenFds: true });
  await server.serveUntil(['SIGINT', 'SIGTERM'], { graceMs: 60_000 });
});
