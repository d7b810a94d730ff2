/** Tests the promises of the programs of `examples/fibres` that their output does not show. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  AF_UNIX,
  DeadlockError,
  type Future,
  type Main,
  OSError,
  Socket,
  type Steps,
  createTask,
  fd,
  getRunningLoop,
  openUnixConnection,
  pipe,
  run,
  runSync,
  sleep,
  socketpair,
} from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { main as dialogue } from '../../examples/fibres/dialogue.js';
import { Exchange } from '../../examples/fibres/exchange-on-selectloop.js';
import { Ioplex as IoplexOnLoop } from '../../examples/fibres/ioplex-on-selectloop.js';
import { Ioplex, shout } from '../../examples/fibres/ioplex.js';
import { mergeServer } from '../../examples/fibres/merge-server.js';
import { bytesOf, readExpression } from '../../examples/fibres/parser.js';
import { main as queuePipeline } from '../../examples/fibres/queue-pipeline.js';
import { roundRobin } from '../../examples/fibres/round-robin.js';
import { main as sleepersOnLoop } from '../../examples/fibres/sleep-scheduler-on-selectloop.js';
import { VirtualTime, main as sleepers } from '../../examples/fibres/sleep-scheduler.js';
import { LineStream } from '../../examples/fibres/stream-lines.js';
import { until } from '../support/protocols.js';
import { printedBy, printedByAsync } from './programs.js';

const virtually = <T>(main: Main<T>): T => runSync(main, { loopFactory: virtualLoop });

/** Returns the error that a coroutine throws. */
function* errorOf(coroutine: Steps<unknown>): Steps<unknown> {
  try {
    yield* coroutine;
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('sleep-scheduler', () => {
  it('waits once for each wake-up instead of polling the clock', () => {
    const time = new VirtualTime();
    printedBy(() => sleepers(time));
    expect(time.waits).toBe(15);
  });

  it('takes about two loop iterations for each wake-up on the library', () => {
    printedBy(() =>
      virtually(function* () {
        yield* sleepersOnLoop();
        expect(getRunningLoop().statistics().iterations).toBeLessThan(40); // two for each of the 15 wake-ups, and a few more
      }),
    );
  });
});

describe('round-robin', () => {
  it('runs a step only when its consumer asks for a value', () => {
    const steps: string[] = [];
    function* noisy(name: string): Generator<string, void> {
      for (const n of [1, 2, 3]) {
        steps.push(`${name}${n}`);
        yield name;
      }
    }
    const both = roundRobin(noisy('a'), noisy('b'));
    both.next();
    both.next();
    both.next();
    expect(steps).toEqual(['a1', 'b1', 'a2']);
  });
});

describe('exchange on the library', () => {
  it('suspends a giver until its item is taken', () => {
    virtually(function* () {
      const market = new Exchange<string>();
      const giver = createTask(market.give('item'));
      yield* sleep(1000);
      expect(giver.done()).toBe(false);
      expect(yield* market.take()).toBe('item');
      yield* giver;
    });
  });

  it('does not hand over the item of a cancelled giver', () => {
    virtually(function* () {
      const market = new Exchange<string>();
      const first = createTask(market.give('first'));
      const second = createTask(market.give('second'));
      yield* sleep(1);
      first.cancel();
      expect(yield* market.take()).toBe('second');
      yield* second;
    });
  });

  it.each([
    ['while it waits', (cancel: () => void, give: () => void) => [cancel, give]],
    ['after it was handed an item but before it runs', (cancel: () => void, give: () => void) => [give, cancel]],
  ])('loses no item when a consumer is cancelled %s', (_, order) => {
    virtually(function* () {
      const market = new Exchange<string>();
      const gone = createTask(market.take());
      yield* sleep(1);
      const give = (): void => void createTask(market.give('item'), { eagerStart: true });
      for (const act of order(() => gone.cancel(), give)) act();
      expect(yield* market.take()).toBe('item');
      expect(gone.cancelled()).toBe(true);
    });
  });

  it('puts an item back at the front when its consumer is cancelled right after taking it', () => {
    virtually(function* () {
      const market = new Exchange<string>();
      const [first] = [createTask(market.give('first')), createTask(market.give('second'))];
      yield* sleep(1);
      const gone = createTask(market.take(), { eagerStart: true });
      gone.cancel();
      yield* sleep(1);
      expect([gone.cancelled(), first.done()]).toEqual([true, true]);
      expect([yield* market.take(), yield* market.take()]).toEqual(['first', 'second']);
    });
  });
});

describe('ioplex', () => {
  it('throws for an unknown or closed connection', () => {
    const ioplex = new Ioplex(shout);
    printedBy(() => {
      expect(() => ioplex.send(1, 'x')).toThrow(RangeError);
      const id = ioplex.connect();
      ioplex.close(id);
      expect(() => ioplex.close(id)).toThrow('there is no connection 1');
    });
  });

  it('closes only the connection whose server throws', () => {
    const ioplex = new Ioplex(function* () {
      for (let reply = 'ready'; ;) {
        const data: string = yield reply;
        if (data === 'bad') throw new Error('broken');
        reply = data.toUpperCase();
      }
    });
    const [one, two] = [ioplex.connect(), ioplex.connect()];
    expect(() => ioplex.send(one, 'bad')).toThrow('broken');
    expect(() => ioplex.send(one, 'x')).toThrow('there is no connection 1');
    expect(ioplex.send(two, 'x')).toBe('X');
  });

  it('passes the error of a failing server to all its senders on the library', () => {
    virtually(function* () {
      const ioplex = new IoplexOnLoop(function* (_id, inbox) {
        yield* inbox.get();
        yield* sleep(10);
        throw new Error('broken');
      });
      const id = ioplex.connect();
      const senders = [createTask(ioplex.send(id, 'a')), createTask(ioplex.send(id, 'b'))];
      for (const sender of senders) expect(String(yield* errorOf(waitFor(sender)))).toBe('Error: broken');
      expect(String(yield* errorOf(ioplex.send(id, 'c')))).toBe('RangeError: there is no connection 1');
    });
  });
});

function* waitFor<T>(future: Future<T>): Steps<T> {
  return yield* future;
}

describe('stream-lines', () => {
  it.each([
    [0, 0],
    [1, 1],
    [3, 2],
    [4, 3],
    [5, 5], // the last line lacks a newline, so it is complete only at the end of the stream
  ])('reads %i lines with %i pulls', (lines, pulls) => {
    const chunks = ['one\ntw', 'o\nthree\nfo', 'ur\n', 'five'];
    let pulled = 0;
    const stream = new LineStream(function* () {
      pulled += 1;
      return chunks.shift() ?? null;
    });
    const read = virtually(function* () {
      const result: Array<string | null> = [];
      for (let i = 0; i < lines; i += 1) result.push(yield* stream.readLine());
      return result;
    });
    expect({ read, pulled }).toEqual({ read: ['one', 'two', 'three', 'four', 'five'].slice(0, lines), pulled: pulls });
  });

  it('returns empty lines as lines, and null from the end of the input on', () => {
    const chunks = ['\n', '\na'];
    const stream = new LineStream(function* () {
      return chunks.shift() ?? null;
    });
    virtually(function* () {
      for (const expected of ['', '', 'a', null, null]) expect(yield* stream.readLine()).toBe(expected);
    });
  });
});

describe('queue-pipeline', () => {
  it('limits how far the chunker is ahead of the printer', () => {
    const text = 'eleven char\n'.repeat(200);
    const lines = printedBy(() => virtually(() => queuePipeline(text, 1)));
    let ahead = 0;
    let furthest = 0;
    for (const line of lines) {
      if (line.startsWith('chunker')) ahead += 1;
      if (line.includes('printer')) ahead -= 1;
      furthest = Math.max(furthest, ahead);
    }
    expect(lines.at(-1)).toBe('200 lines');
    expect(furthest).toBeGreaterThan(2);
    expect(furthest).toBeLessThan(10);
  });

  it('counts a last line without a newline', () => {
    expect(printedBy(() => virtually(() => queuePipeline('a\nb', 1))).at(-1)).toBe('2 lines');
  });
});

const LINE = Buffer.from('abcdefg\n');

function connectedTo(path: string): Socket {
  const socket = new Socket(AF_UNIX);
  socket.connect({ path });
  return socket;
}

/** Sends line by line until the kernel's buffer is full. Returns the number of lines it accepted. */
function sendsUntilFull(socket: Socket): number {
  socket.setBlocking(false);
  for (let sends = 0; ; sends += 1) {
    try {
      socket.send(LINE);
    } catch (error) {
      if (!(error instanceof OSError && error.code === 'EAGAIN')) throw error;
      return sends;
    }
  }
}

describe('merge-server', () => {
  it('holds at most a line and a chunk of a fast client while it waits for the slow one', async () => {
    const path = `\0selectloop-merge-test-${process.pid}`;
    const [unread, nobody] = socketpair();
    const withoutReader = sendsUntilFull(unread);
    unread.close();
    nobody.close();
    expect(withoutReader).toBeGreaterThan(20);
    const merged: string[] = [];
    await run(function* () {
      const server = createTask(
        mergeServer(path, (line) => merged.push(line)),
        { eagerStart: true },
      );
      using fast = connectedTo(path);
      using slow = connectedTo(path);
      let sends = 0;
      for (let i = 0; i < 10; i += 1) {
        sends += sendsUntilFull(fast);
        yield* sleep(5); // lets the server receive more, if it wants to
      }
      expect(sends - withoutReader).toBeLessThanOrEqual(2 * (64 / LINE.length)); // at most two chunks of the server's size
      expect(merged).toEqual([]);
      slow.close();
      fast.close();
      yield* server;
      expect(merged).toHaveLength(sends);
    });
  });

  it('merges equal lines, an empty stream, and a last line without a newline', async () => {
    const path = `\0selectloop-merge-test2-${process.pid}`;
    const merge = async (left: string, right: string): Promise<string[]> => {
      const merged: string[] = [];
      await run(function* () {
        const server = createTask(
          mergeServer(path, (line) => merged.push(line)),
          { eagerStart: true },
        );
        for (const text of [left, right]) {
          const { writer } = yield* openUnixConnection(path);
          if (text !== '') writer.write(Buffer.from(text));
          writer.close();
        }
        yield* server;
      });
      return merged;
    };
    expect(await merge('a\nb\n', 'a\nc')).toEqual(['a', 'a', 'b', 'c']);
    expect(await merge('', 'a\nb\n')).toEqual(['a', 'b']);
    expect(await merge('', '')).toEqual([]);
  });
});

describe('parser', () => {
  /** Parses one expression from a pipe. Also returns what is left in the pipe. */
  function parse(text: string): { expression: unknown; left: string } {
    const { read, write } = pipe();
    try {
      fd.write(write, Buffer.from(text));
      fd.close(write);
      const expression = virtually(() => readExpression(bytesOf(read)));
      return { expression, left: String(fd.read(read, 1000)) };
    } finally {
      fd.close(read);
    }
  }

  it('reads no byte after the closing parenthesis', () => {
    expect(parse('(a (b 1.5) -2)) (c')).toEqual({ expression: ['a', ['b', 1.5], -2], left: ') (c' });
  });

  it('returns undefined at the end of the input, and an empty list for ()', () => {
    expect(parse('  \n').expression).toBeUndefined();
    expect(parse('()').expression).toEqual([]);
  });

  it.each([
    ['(a (b)', 'the input ends inside a list'],
    [')', 'expected "(", got ")"'],
    ['atom', 'expected "(", got "a"'],
  ])('rejects the input %s', (text, message) => {
    expect(() => parse(text)).toThrow(new SyntaxError(message));
  });

  it('returns at the closing parenthesis while the pipe is still open', () => {
    const { read, write } = pipe();
    try {
      fd.write(write, Buffer.from('(a)'));
      expect(virtually(() => readExpression(bytesOf(read)))).toEqual(['a']);
    } finally {
      fd.close(read);
      fd.close(write);
    }
  });
});

describe('dialogue', () => {
  it('throws when the child exits in the middle of the conversation', async () => {
    await printedByAsync(async () => {
      await expect(run(() => dialogue('echo "What is your name?"; read name; exit 3'))).rejects.toThrow(
        'the child exited in the middle of the conversation',
      );
    });
  });

  it('kills the child when it is cancelled', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dialogue-'));
    const file = join(folder, 'pid');
    await printedByAsync(async () => {
      await expect(
        run(function* () {
          const talk = createTask(dialogue(`echo "$$" > ${file}.new; mv ${file}.new ${file}; read name; read more`));
          yield* until(() => existsSync(file));
          talk.cancel();
          yield* talk;
        }),
      ).rejects.toThrow();
    });
    const pid = Number(readFileSync(file, 'utf8'));
    rmSync(folder, { recursive: true });
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

describe('exchange on the library, with no task left to take', () => {
  it('throws a DeadlockError instead of hanging', () => {
    expect(() => runSync(() => new Exchange<string>().give('item'))).toThrow(DeadlockError);
  });
});
