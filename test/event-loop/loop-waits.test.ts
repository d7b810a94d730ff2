/** `loop.waitReadable` and `loop.waitWritable`. */

import { describe, expect, it } from 'vitest';

import { createTask, getRunningLoop, run, sleep } from 'selectloop';
import { fd, pipe } from 'selectloop/sockets';

import { cancelled, errorOf, everyLoop, hostedLoops, waiting } from '../support/every-loop.js';
import { Opened } from '../support/sockets.js';

describe.each(everyLoop)('loop.waitReadable and loop.waitWritable ($name)', (kind) => {
  it('wait for a socket, and leave nothing registered', () =>
    kind.run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const [a, b] = opened.pair();
      const before = waiting();
      yield* loop.waitWritable(a);
      const readable = createTask(() => loop.waitReadable(a), { eagerStart: true });
      yield* sleep(1);
      expect(readable.done()).toBe(false);
      b.send(Buffer.from('x'));
      yield* readable;
      expect(a.recv(10).toString()).toBe('x');
      expect(waiting()).toEqual(before);
    }));

  it('wait for the number of a descriptor', () =>
    kind.run(function* () {
      const loop = getRunningLoop();
      const ends = pipe();
      try {
        yield* loop.waitWritable(ends.write);
        const readable = createTask(() => loop.waitReadable(ends.read), { eagerStart: true });
        fd.write(ends.write, Buffer.from('x'));
        yield* readable;
      } finally {
        fd.close(ends.read);
        fd.close(ends.write);
      }
    }));

  it('report the end of the stream as readable', () =>
    kind.run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      b.close();
      yield* getRunningLoop().waitReadable(a);
      expect(a.recv(1).length).toBe(0);
    }));

  it('leave nothing registered when they are cancelled', () =>
    kind.run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const [a, b] = opened.pair();
      while (typeof a.sendEx(Buffer.alloc(65_536), 0, 65_536) === 'number' && a.sendEx(Buffer.alloc(1), 0, 1) > 0);
      const before = waiting();
      yield* cancelled(createTask(() => loop.waitReadable(a), { eagerStart: true }));
      yield* cancelled(createTask(() => loop.waitWritable(a), { eagerStart: true }));
      expect(waiting()).toEqual(before);
      b.send(Buffer.from('x'));
      yield* loop.waitReadable(a);
    }));

  it('fail with EBADF on a closed descriptor, and when it is closed meanwhile', () =>
    kind.run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const [a] = opened.pair();
      const number = a.fileno();
      const pending = createTask(() => loop.waitReadable(a), { eagerStart: true });
      yield* sleep(0);
      a.close();
      expect(yield* errorOf(pending)).toMatchObject({ code: 'EBADF' });
      expect(yield* errorOf(createTask(() => loop.waitReadable(number)))).toMatchObject({ code: 'EBADF' });
      expect(yield* errorOf(createTask(() => loop.waitWritable(number)))).toMatchObject({ code: 'EBADF' });
      expect(() => loop.waitReadable(a)).toThrow(/that is open/);
    }));

  it('refuse a second waiter of the same direction, and what is no descriptor', () =>
    kind.run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const [a] = opened.pair();
      const first = createTask(() => loop.waitReadable(a), { eagerStart: true });
      expect(yield* errorOf(createTask(() => loop.waitReadable(a)))).toMatchObject({ name: 'InvalidStateError' });
      yield* loop.waitWritable(a);
      yield* cancelled(first);
      for (const bad of [null, -1, 1.5, 'x', {}])
        for (const wait of [loop.waitReadable, loop.waitWritable])
          expect(() => wait(bad as never)).toThrow(/expected .*, got /);
    }));
});

it.each(hostedLoops)('loop.waitReadable and loop.waitWritable work in async functions ($name)', ({ selector }) =>
  run(
    async () => {
      using opened = new Opened();
      const loop = getRunningLoop();
      const [a, b] = opened.pair();
      await loop.waitWritable(b);
      loop.callSoon(() => b.send(Buffer.from('x')));
      await loop.waitReadable(a);
      expect(a.recv(1).toString()).toBe('x');
    },
    { selector },
  ),
);
