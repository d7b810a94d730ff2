/** Redis: an INCR that was answered is counted once, and one that was not at most once. */

import { type Steps, type StreamReader, openConnection, sleep } from 'selectloop';
import type { World } from 'selectloop/simulation';

import { startRedis } from '../../../examples/servers/redis/redis-server.js';
import { OPTIONS, type Scenario, isExpected, serving, trouble, untilDone, whenAllEnded } from './scenario.js';

/** The counts of one run. */
interface Count {
  sent: number;
  /** The answers, of which no two may be the same. */
  readonly answers: Set<number>;
}

/** Reads the integer of a reply; null at the end of the stream. */
function* integer(reader: StreamReader): Steps<number | null> {
  const line = String(yield* reader.readline());
  if (line === '') return null;
  const [, digits] = /^:(\d+)\r\n$/.exec(line) ?? [];
  if (digits === undefined) throw new Error(`expected an integer, got ${JSON.stringify(line)}`);
  return Number(digits);
}

/** Sends several requests at a time, in one write or in several. Returns true when all are answered. */
function* increments(world: World, host: string, count: Count, most: number): Steps<boolean> {
  const { reader, writer } = yield* openConnection(host, 6379);
  try {
    let last = 0;
    for (let left = most; left > 0;) {
      const batch = Math.min(left, 1 + Math.floor(world.random() * 10));
      for (let i = 0; i < batch; i += 1) {
        count.sent += 1;
        writer.write(Buffer.from(world.random() < 0.5 ? 'INCR n\r\n' : '*2\r\n$4\r\nincr\r\n$1\r\nn\r\n'));
      }
      yield* writer.drain();
      for (let i = 0; i < batch; i += 1) {
        const answer = yield* integer(reader);
        if (answer === null) throw new Error('the server has closed the connection');
        if (answer <= last) throw new Error(`expected more than ${last}, got ${answer}`);
        if (count.answers.has(answer)) throw new Error(`expected a new answer, got ${answer} twice`);
        if (answer > count.sent) throw new Error(`expected at most ${count.sent}, got ${answer}`);
        count.answers.add(answer);
        last = answer;
      }
      left -= batch;
    }
    return true;
  } finally {
    writer.close();
  }
}

/** Returns the value of the counter. */
function* valueOf(host: string): Steps<number> {
  let value = 0;
  yield* untilDone(function* () {
    const { reader, writer } = yield* openConnection(host, 6379);
    try {
      writer.write(Buffer.from('GET n\r\n'));
      if (String(yield* reader.readline()) === '$-1\r\n') return true;
      value = Number(yield* reader.readline());
      return true;
    } finally {
      writer.close();
    }
  });
  return value;
}

export const redis: Scenario = {
  options: OPTIONS,
  build(world) {
    const count: Count = { sent: 0, answers: new Set() };
    const server = world.host(
      'server',
      serving(() => startRedis({ host: '0.0.0.0', port: 6379 })),
    );
    const clients = [1, 2].map((number) =>
      world.host(`client ${number}`, function* () {
        for (let i = 0; i < 3; i += 1) {
          try {
            yield* increments(world, server.address, count, 10);
          } catch (error) {
            if (!isExpected(error)) throw error;
          }
        }
      }),
    );
    world.at(500, () => {
      if (world.chance(0.3, 'the crash of a client')) world.crash('client 1');
    });
    trouble(world, ['server', 'client 1', 'client 2']);
    const observer = whenAllEnded(world, clients);
    const judge = world.host('judge', function* () {
      while (observer.state === 'running') yield* sleep(100);
      const value = yield* valueOf(server.address);
      const { sent, answers } = count;
      if (value < answers.size || value > sent) {
        throw new Error(`expected from ${answers.size} (answered) to ${sent} (sent), got ${value}`);
      }
    });
    return judge;
  },
};
