/** Programs for the tests of the playground. */

/** Streams, raw sockets, timers, a timeout and an error of the kernel. */
export const EVERYTHING = `import { Event, gather, openConnection, runSync, sleep, sockConnect, startServer, timeout } from 'selectloop';
import { AF_INET, Socket } from 'selectloop/sockets';

function* echo(reader, writer) {
  try {
    for (let line = yield* reader.readline(); line.length > 0; line = yield* reader.readline()) {
      writer.write(line);
      yield* writer.drain();
    }
  } finally {
    writer.close();
  }
}

function* talk(name, port) {
  const { reader, writer } = yield* openConnection('127.0.0.1', port);
  for (let i = 0; i < 3; i += 1) {
    yield* sleep(10.5 * (i + 1));
    writer.write(Buffer.from(\`\${name} \${i} \\u00fc\\n\`));
    console.log(name, i, String(yield* reader.readline()).trim());
  }
  writer.close();
  yield* writer.waitClosed();
}

runSync(function* () {
  const server = yield* startServer(echo, '127.0.0.1', 0);
  yield* gather([talk('a', server.port), talk('b', server.port)]);
  server.close();
  yield* server.waitClosed();
  const refused = new Socket(AF_INET);
  refused.setBlocking(false);
  try {
    yield* sockConnect(refused, { host: '127.0.0.1', port: 1 });
  } catch (error) {
    console.log(error.code, error.message);
  }
  refused.close();
  try {
    yield* timeout(250, function* () {
      yield* new Event().wait();
    });
  } catch (error) {
    console.log(error.name, [1, 'two', { three: Buffer.from('hi') }]);
  }
  throw new RangeError('the last line');
});
`;
