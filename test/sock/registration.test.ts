/** Readers and writers: who may wait, what stays registered with the kernel, and that nothing spins. */

import { describe, expect, it } from 'vitest';

import {
  createTask,
  getRunningLoop,
  newEventLoop,
  sockRecv,
  sockSendAll,
  waitReadable,
  waitWritable,
} from 'selectloop';
import { EVENT_READ, EVENT_WRITE } from 'selectloop/selectors';
import { fd, pipe } from 'selectloop/sockets';

import { cancelled, countingSelector, errorOf, expectQuiet, everyLoop, turns, waiting } from '../support/every-loop.js';
import { Opened, fill } from '../support/sockets.js';

const inUse = expect.objectContaining({ code: 'ERR_INVALID_STATE' }) as Error;

describe.each(everyLoop)('readers and writers ($name)', ({ selector, run, runOn }) => {
  const withCounts = () => {
    const { selector: counted, calls } = countingSelector(selector);
    const loop = newEventLoop({ selector: counted });
    const events = (fileno: number): number => counted.getMap().get(fileno)?.events ?? 0;
    const changes = (): number => calls.register + calls.modify + calls.unregister;
    return { loop, events, changes };
  };

  it('a second addReader replaces the first without a system call', async () => {
    const { loop, changes } = withCounts();
    await runOn(loop, function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      const called: string[] = [];
      loop.addReader(a, () => called.push('first'));
      const before = changes();
      loop.addReader(a, (...args: string[]) => called.push(...args), 'second', 'with arguments');
      expect(changes()).toBe(before);
      expect(waiting().readers).toBe(1);
      b.send(Buffer.of(1));
      yield* turns(2);
      expect(loop.removeReader(a)).toBe(true);
      expect(called.slice(0, 2)).toEqual(['second', 'with arguments']);
      expect(called).not.toContain('first');
    });
  });

  it('a reader that is replaced in the iteration in which it is ready is not called', () =>
    run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const [a, b] = opened.pair();
      const called: string[] = [];
      loop.addReader(a, () => called.push('old'));
      b.send(Buffer.of(1));
      loop.callSoon(() => loop.addReader(a, () => called.push('new'))); // in the ready queue before the old one
      yield* turns(3);
      loop.removeReader(a);
      expect(new Set(called)).toEqual(new Set(['new']));
    }));

  it('removing one direction keeps the other, and removing an absent one returns false', async () => {
    const { loop, events } = withCounts();
    await runOn(loop, function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      const nothing = (): void => undefined;
      const number = a.fileno();
      expect(loop.removeReader(a)).toBe(false);
      loop.addReader(a, nothing);
      expect(events(number)).toBe(EVENT_READ);
      let wrote = 0;
      loop.addWriter(a, () => (wrote += 1));
      expect(events(number)).toBe(EVENT_READ | EVENT_WRITE);
      expect(loop.removeReader(a)).toBe(true);
      expect(events(number)).toBe(EVENT_WRITE);
      expect(loop.removeReader(a)).toBe(false);
      yield* turns(2);
      expect(wrote).toBeGreaterThan(0);
      loop.addReader(number, nothing);
      expect(loop.removeWriter(number)).toBe(true);
      expect(loop.removeWriter(number)).toBe(false);
      expect(events(number)).toBe(EVENT_READ);
      expect(loop.removeReader(number)).toBe(true);
      expect(events(number)).toBe(0);
      expect(loop.removeReader(9999)).toBe(false);
      b.close();
      expect(loop.removeReader(b)).toBe(false); // closed: it has no number
    });
  });

  it('a reader that is removed in the iteration in which it is ready is not called', () =>
    run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const [a, b] = opened.pair();
      let called = 0;
      loop.addReader(a, () => (called += 1));
      b.send(Buffer.of(1));
      loop.callSoon(() => loop.removeReader(a)); // in the ready queue before the poll that finds it ready
      yield* turns(3);
      expect(called).toBe(0);
    }));

  it('a reader whose handle was cancelled is dropped when the descriptor becomes ready', async () => {
    const { loop, events } = withCounts();
    await runOn(loop, function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      loop.addReader(a, () => undefined);
      loop._descriptors.waiting(a.fileno(), 'reader')?.cancel();
      expect(events(a.fileno())).toBe(EVENT_READ);
      b.send(Buffer.of(1));
      yield* turns(2);
      expect(events(a.fileno())).toBe(0);
      expect(waiting().readers).toBe(0);
      expect(loop.removeReader(a)).toBe(false);
      // A cancelled handle does not block a task either.
      loop.addReader(a, () => undefined);
      loop._descriptors.waiting(a.fileno(), 'reader')?.cancel();
      yield* waitReadable(a);
    });
  });

  it('a value that is not a file object is rejected with a TypeError that says what was expected', () =>
    run(function* () {
      const loop = getRunningLoop();
      const message = expect.stringMatching(/expected a file descriptor .*, got /) as string;
      const refused = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message }) as Error;
      using opened = new Opened();
      const closed = opened.socket();
      closed.close();
      for (const bad of [null, {}, 'text', -1, 1.5, NaN, closed, { fileno: 3 }, 2 ** 31] as never[]) {
        expect(() => loop.addReader(bad, () => undefined)).toThrow(refused);
        expect(() => loop.addWriter(bad, () => undefined)).toThrow(refused);
        expect(() => waitReadable(bad)).toThrow(refused);
        expect(() => waitWritable(bad)).toThrow(refused);
      }
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it('a number that is not open is refused with EBADF and leaves nothing behind, however large', () =>
    run(function* () {
      const loop = getRunningLoop();
      for (const number of [19_999, 2 ** 31 - 1]) {
        expect(() => loop.addReader(number, () => undefined)).toThrow(expect.objectContaining({ code: 'EBADF' }));
        expect(yield* errorOf(createTask(() => waitWritable(number)))).toMatchObject({ code: 'EBADF' });
        expect(loop.removeReader(number)).toBe(false);
      }
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it('a reader that gets EOF and removes itself leaves a quiet loop', () =>
    run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const [a, b] = opened.pair();
      const ended = loop.createFuture<number>();
      loop.addReader(a, () => {
        const length = a.recv(100).length;
        expect(loop.removeReader(a)).toBe(true);
        ended.setResult(length);
      });
      b.close();
      expect(yield* ended).toBe(0);
      yield* expectQuiet();
    }));

  it('a writer is called immediately on an idle socket', () =>
    run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const [a] = opened.pair();
      const called = loop.createFuture<void>();
      loop.addWriter(a, () => {
        expect(loop.removeWriter(a)).toBe(true);
        expect(loop.removeWriter(a)).toBe(false);
        called.setResult();
      });
      yield* called;
    }));

  it('closing the loop removes its readers and writers, and removing them again returns false', async () => {
    using opened = new Opened();
    const [a] = opened.pair();
    const loop = newEventLoop({ selector });
    await runOn(loop, function* () {
      loop.addReader(a, () => undefined);
      loop.addWriter(a, () => undefined);
    });
    expect(loop.isClosed()).toBe(true);
    expect(loop.removeReader(a)).toBe(false);
    expect(loop.removeWriter(a)).toBe(false);
    expect(loop.statistics()).toMatchObject({ readers: 0, writers: 0 });
    expect(() => loop.addReader(a, () => undefined)).toThrow(expect.objectContaining({ code: 'ERR_LOOP_CLOSED' }));
  });

  it('a second waiting reader or writer is refused, and the first keeps waiting', () =>
    run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const [a, b] = opened.pair();
      const first = createTask(() => sockRecv(a, 10));
      yield* turns(1);
      expect(yield* errorOf(createTask(() => sockRecv(a, 10)))).toEqual(inUse);
      expect(yield* errorOf(createTask(() => waitReadable(a)))).toEqual(inUse);
      expect(() => loop.addReader(a, () => undefined)).toThrow(inUse);
      expect(loop.removeReader(a)).toBe(false); // a task is not a handle
      b.send(Buffer.from('mine'));
      expect((yield* first).toString()).toBe('mine');

      fill(a);
      const sending = createTask(() => sockSendAll(a, Buffer.from('x')));
      yield* turns(1);
      expect(yield* errorOf(createTask(() => sockSendAll(a, Buffer.from('y'))))).toEqual(inUse);
      expect(() => loop.addWriter(a, () => undefined)).toThrow(inUse);
      while (!sending.done()) {
        b.recvEx(65_536);
        yield;
      }
      yield* sending;
      loop.addReader(a, () => undefined);
      expect(yield* errorOf(createTask(() => sockRecv(a, 10)))).toEqual(inUse); // nor does a task displace a handle
      expect(loop.removeReader(a)).toBe(true);
    }));

  it('two tasks receive and send on one socket at the same time', async () => {
    const { loop, events } = withCounts();
    await runOn(loop, function* () {
      using opened = new Opened();
      const [a, b] = opened.narrowPair();
      const receiving = createTask(() => sockRecv(a, 10));
      const sending = createTask(() => sockSendAll(a, Buffer.alloc(100_000)));
      yield* turns(2);
      expect(waiting()).toEqual({ readers: 1, writers: 1 });
      expect(events(a.fileno())).toBe(EVENT_READ | EVENT_WRITE);
      yield* sockSendAll(b, Buffer.from('hello'));
      expect((yield* receiving).toString()).toBe('hello');
      for (let left = 100_000; left > 0;) left -= (yield* sockRecv(b, 65_536)).length;
      yield* sending;
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
      expect(events(a.fileno()) & EVENT_WRITE).toBe(0);
    });
  });

  it('a ping-pong of 200 messages changes no registration after the first', async () => {
    const { loop, changes, events } = withCounts();
    await runOn(loop, function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      const echo = createTask(function* () {
        for (;;) yield* sockSendAll(b, yield* sockRecv(b, 100));
      });
      let received = 0;
      const exchange = function* () {
        yield* sockSendAll(a, Buffer.from('ping'));
        received += (yield* sockRecv(a, 100)).length;
      };
      yield* exchange();
      yield* exchange();
      const before = changes();
      for (let i = 0; i < 200; i += 1) yield* exchange();
      expect(received).toBe(202 * 4);
      expect(changes()).toBe(before);
      yield* cancelled(echo);
      expect(events(b.fileno())).toBe(0); // a cancelled wait leaves no registration
    });
  });

  it('an event without a waiter narrows the registration, and the loop does not spin', async () => {
    const { loop, events } = withCounts();
    await runOn(loop, function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      loop.callSoon(() => b.send(Buffer.from('more than one byte')));
      yield* sockRecv(a, 1);
      expect(events(a.fileno())).toBe(EVENT_READ); // kept for a next receive, which does not come
      yield* expectQuiet();
      expect(events(a.fileno())).toBe(0);
      expect((yield* sockRecv(a, 100)).toString()).toBe('ore than one byte');
      loop.callSoon(() => b.send(Buffer.from('!')));
      expect((yield* sockRecv(a, 100)).toString()).toBe('!'); // registered again
    });
  });

  it('waitReadable and waitWritable work on pipes and leave nothing registered', async () => {
    const { loop, events } = withCounts();
    await runOn(loop, function* () {
      const ends = pipe();
      try {
        const reading = createTask(() => waitReadable(ends.read));
        yield* turns(2);
        expect(reading.done()).toBe(false);
        yield* waitWritable(ends.write);
        fd.write(ends.write, Buffer.from('x'));
        yield* reading;
        expect(fd.read(ends.read, 10).toString()).toBe('x');
        expect([events(ends.read), events(ends.write)]).toEqual([0, 0]);
        yield* cancelled(createTask(() => waitReadable(ends.read), { eagerStart: true }));
        expect(events(ends.read)).toBe(0);
      } finally {
        fd.close(ends.read);
        fd.close(ends.write);
      }
    });
  });

  it('the descriptors of the loop itself cannot be waited for', () =>
    run(function* () {
      const loop = getRunningLoop();
      expect(() => loop.addReader(loop.wakeupFd(), () => undefined)).toThrow(inUse);
      expect(yield* errorOf(createTask(() => waitReadable(loop.wakeupFd())))).toEqual(inUse);
      loop.wakeup(); // still works
      yield* turns(2);
    }));
});
