/** What happens when a descriptor is closed, reused or duplicated while it is registered with the loop. */

import { closeSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import {
  createTask,
  getRunningLoop,
  newEventLoop,
  sockAccept,
  sockConnect,
  sockRecv,
  sockSendAll,
  waitReadable,
  waitWritable,
} from 'selectloop';
import { AF_INET, SOCK_STREAM, Socket, fd, pipe } from 'selectloop/sockets';

import { cancelled, countingSelector, errorOf, expectQuiet, everyLoop, turns, waiting } from '../support/every-loop.js';
import { Opened, fill } from '../support/sockets.js';

/** Closes the descriptor of a socket without notifying the library. The Socket keeps the number, which is then stale. */
function closeWithoutNotice(socket: Socket): void {
  closeSync(socket.fileno());
}

describe.each(everyLoop)('closing and reusing descriptors ($name)', ({ selector, run, runOn }) => {
  const badFd = (syscall: string): unknown => expect.objectContaining({ name: 'OSError', code: 'EBADF', syscall });

  it('closing a socket immediately fails the operations that wait on it with EBADF', () =>
    run(function* () {
      using opened = new Opened();
      const [a] = opened.pair();
      fill(a);
      const { listener } = opened.listener();
      const receiving = createTask(() => sockRecv(a, 1));
      const sending = createTask(() => sockSendAll(a, Buffer.of(1)));
      const accepting = createTask(() => sockAccept(listener));
      yield* turns(2);
      expect(waiting()).toEqual({ readers: 2, writers: 1 });
      a.close();
      listener.close();
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
      yield* turns(2);
      expect([receiving.done(), sending.done(), accepting.done()]).toEqual([true, true, true]);
      expect(yield* errorOf(receiving)).toEqual(badFd('recv'));
      expect(yield* errorOf(sending)).toEqual(badFd('send'));
      expect(yield* errorOf(accepting)).toEqual(badFd('accept'));
    }));

  it('closing a plain descriptor fails a wait for its number with EBADF', () =>
    run(function* () {
      const ends = pipe();
      const reading = createTask(() => waitReadable(ends.read));
      yield* turns(2);
      fd.close(ends.read);
      expect(yield* errorOf(reading)).toEqual(badFd('poll'));
      fd.close(ends.write);
    }));

  it('detaching a socket fails the operations that wait on it, and a new owner of the descriptor can wait on it', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      const receiving = createTask(() => sockRecv(a, 1));
      yield* turns(2);
      const owner = opened.add(Socket.fromFd(a.detach()));
      expect(yield* errorOf(receiving)).toEqual(badFd('recv'));
      const again = createTask(() => sockRecv(owner, 10));
      yield* turns(2);
      b.send(Buffer.from('hi'));
      expect((yield* again).toString()).toBe('hi');
    }));

  it('closing a socket removes its reader, which is not called for data that has arrived', () =>
    run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const [a, b] = opened.pair();
      let called = 0;
      loop.addReader(a, () => (called += 1));
      const number = a.fileno();
      b.send(Buffer.of(1));
      a.close();
      expect(waiting().readers).toBe(0);
      expect(loop.removeReader(number)).toBe(false);
      yield* turns(3);
      expect(called).toBe(0);
    }));

  it('an operation on a closed socket fails with EBADF without waiting', () =>
    run(function* () {
      using opened = new Opened();
      const [a] = opened.pair();
      a.close();
      expect(yield* errorOf(createTask(() => sockRecv(a, 1)))).toEqual(badFd('recv'));
      expect(yield* errorOf(createTask(() => sockSendAll(a, Buffer.of(1))))).toEqual(badFd('send'));
      expect(yield* errorOf(createTask(() => sockAccept(a)))).toEqual(badFd('accept'));
    }));

  it('a descriptor that is reused immediately receives no event of its former connection', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      const number = a.fileno();
      const old = createTask(() => sockRecv(a, 100));
      yield* turns(2);
      b.send(Buffer.from('for the old one'));
      a.close();
      const [next, peer] = opened.pair();
      expect(next.fileno()).toBe(number);
      const receiving = createTask(() => sockRecv(next, 100));
      expect(yield* errorOf(old)).toEqual(badFd('recv'));
      yield* expectQuiet();
      expect(receiving.done()).toBe(false);
      peer.send(Buffer.from('for the new one'));
      expect((yield* receiving).toString()).toBe('for the new one');
    }));

  it('an event is dropped if its descriptor is closed and reused before the event is handled', () =>
    run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const pairs = [opened.pair(), opened.pair()];
      const calls: string[] = [];
      const reused: Socket[] = [];
      // The reader that is called first closes the other socket, opens a silent connection under its number, and adds a reader for it.
      pairs.forEach(([mine], i) => {
        loop.addReader(mine, () => {
          calls.push('old');
          const other = pairs[1 - i]![0];
          const number = other.fileno();
          other.close();
          const [next, peer] = opened.pair();
          expect(next.fileno()).toBe(number);
          reused.push(next, peer);
          loop.addReader(next, () => calls.push('new'));
          loop.removeReader(mine);
        });
      });
      // Both must be ready in the same poll, so no iteration may run between the two sends.
      for (const [, peer] of pairs) peer.send(Buffer.of(1));
      yield* turns(4);
      expect(calls).toEqual(['old']);
      reused[1]!.send(Buffer.of(1));
      yield* turns(2);
      expect(calls.slice(0, 2)).toEqual(['old', 'new']);
      loop.removeReader(reused[0]!);
    }));

  it('of two tasks that one poll wakes, the second gets EBADF, and no data, if the first closes its socket', () =>
    run(function* () {
      using opened = new Opened();
      const pairs = [opened.pair(), opened.pair()];
      const outcomes: string[] = [];
      const tasks = pairs.map(([mine], i) =>
        createTask(function* () {
          try {
            outcomes.push((yield* sockRecv(mine, 10)).toString());
            pairs[1 - i]![0].close();
          } catch (error) {
            outcomes.push((error as { code: string }).code);
          }
        }),
      );
      yield* turns(2);
      for (const [, peer] of pairs) peer.send(Buffer.from('data'));
      for (const task of tasks) yield* task;
      expect(outcomes).toEqual(['data', 'EBADF']);
    }));

  it('a duplicate of a closed socket still works, and does not make the loop spin while it is readable', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      const duplicate = opened.add(a.dup());
      const receiving = createTask(() => sockRecv(a, 10));
      yield* turns(2);
      a.close();
      expect(yield* errorOf(receiving)).toEqual(badFd('recv'));
      b.send(Buffer.from('still here'));
      yield* expectQuiet(); // the duplicate is readable and has no waiter
      expect((yield* sockRecv(duplicate, 100)).toString()).toBe('still here');
      const next = createTask(() => sockRecv(duplicate, 10));
      yield* turns(2);
      b.send(Buffer.from('more'));
      expect((yield* next).toString()).toBe('more');
    }));

  describe('a descriptor closed without notifying the library', () => {
    it('neither crashes nor spins the loop if nothing waits for it, even while a duplicate is open', () =>
      run(function* () {
        using opened = new Opened();
        const loop = getRunningLoop();
        const [a, b] = opened.pair();
        loop.callSoon(() => b.send(Buffer.of(1)));
        yield* sockRecv(a, 1); // the descriptor stays registered for the next receive
        const duplicate = opened.add(a.dup());
        closeWithoutNotice(a);
        yield* expectQuiet();
        b.send(Buffer.from('x'));
        yield* expectQuiet();
        expect((yield* sockRecv(duplicate, 10)).toString()).toBe('x');
        expect(yield* errorOf(createTask(() => sockRecv(a, 1)))).toEqual(badFd('recv'));
        expect(() => a.close()).toThrow(expect.objectContaining({ code: 'EBADF' }));
      }));

    it('fails a pending operation with EBADF: on select and poll immediately, on epoll when close() is called', () =>
      run(function* () {
        using opened = new Opened();
        const [a] = opened.pair();
        const receiving = createTask(() => sockRecv(a, 1));
        yield* turns(2);
        closeWithoutNotice(a);
        yield* expectQuiet();
        expect(receiving.done()).toBe(selector !== 'epoll');
        expect(() => a.close()).toThrow(expect.objectContaining({ code: 'EBADF' }));
        expect(yield* errorOf(receiving)).toEqual(badFd('recv'));
        expect(waiting().readers).toBe(0);
      }));

    it('leaves nothing registered when the tasks that wait for it are cancelled', () =>
      run(function* () {
        using opened = new Opened();
        const [a] = opened.pair();
        fill(a);
        const tasks = [createTask(() => sockRecv(a, 1)), createTask(() => sockSendAll(a, Buffer.of(1)))];
        yield* turns(1);
        expect(waiting()).toEqual({ readers: 1, writers: 1 });
        closeWithoutNotice(a);
        for (const task of tasks) task.cancel();
        yield* expectQuiet();
        // Cancelling the first task narrows the registration, and epoll_ctl fails with EBADF. That error or the cancellation ends the second.
        for (const task of tasks) expect(task.done()).toBe(true);
        for (const task of tasks) yield* errorOf(task);
        expect(waiting()).toEqual({ readers: 0, writers: 0 });
        a.detach();
      }));

    it('calls the reader on select and poll, which gets EBADF and can remove itself; on epoll does not call it', () =>
      run(function* () {
        using opened = new Opened();
        const loop = getRunningLoop();
        const [a] = opened.pair();
        const codes: string[] = [];
        loop.addReader(a, () => {
          try {
            a.recv(1);
          } catch (error) {
            codes.push((error as { code: string }).code);
            loop.removeReader(a);
          }
        });
        yield* turns(2);
        closeWithoutNotice(a);
        yield* expectQuiet();
        expect(codes).toEqual(selector === 'epoll' ? [] : ['EBADF']);
        expect(loop.removeReader(a)).toBe(selector === 'epoll');
        expect(() => a.close()).toThrow(expect.objectContaining({ code: 'EBADF' }));
      }));

    it('does not leave its registration to a new socket with the same number', () =>
      run(function* () {
        using opened = new Opened();
        const loop = getRunningLoop();
        const [a, b] = opened.pair();
        loop.callSoon(() => b.send(Buffer.of(1)));
        yield* sockRecv(a, 1);
        closeWithoutNotice(a); // the kernel drops the registration, but the registry keeps its entry
        const [next, peer] = opened.pair();
        expect(next.fileno()).toBe(a.fileno());
        const receiving = createTask(() => sockRecv(next, 10));
        yield* turns(2);
        peer.send(Buffer.from('hello'));
        yield* turns(3);
        expect(receiving.done()).toBe(true);
        expect((yield* receiving).toString()).toBe('hello');
        a.detach();
      }));

    it('does not leave to a new socket a registration that began as a wait on the plain number', () =>
      run(function* () {
        using opened = new Opened();
        const loop = getRunningLoop();
        const [a, b] = opened.pair();
        fill(a);
        const writable = createTask(() => waitWritable(a)); // registers the number, without its Socket
        yield* turns(2);
        loop.callSoon(() => b.send(Buffer.of(1)));
        yield* sockRecv(a, 1); // the descriptor stays registered
        while (b.recvEx(1 << 18) instanceof Buffer);
        yield* writable;
        closeWithoutNotice(a);
        const [next, peer] = opened.pair();
        expect(next.fileno()).toBe(a.fileno());
        const receiving = createTask(() => sockRecv(next, 10));
        yield* turns(2);
        peer.send(Buffer.from('hello'));
        yield* turns(3);
        expect(receiving.done()).toBe(true);
        expect((yield* receiving).toString()).toBe('hello');
        a.detach();
      }));

    it('fails a pending operation with EBADF when an operation on a new socket with the same number begins', () =>
      run(function* () {
        using opened = new Opened();
        const [a] = opened.pair();
        const old = createTask(() => sockRecv(a, 1));
        yield* turns(2);
        const number = a.fileno();
        closeWithoutNotice(a);
        const [next, peer] = opened.pair();
        expect(next.fileno()).toBe(number);
        const receiving = createTask(() => sockRecv(next, 10));
        yield* turns(2);
        expect(yield* errorOf(old)).toEqual(badFd('recv'));
        peer.send(Buffer.from('mine'));
        expect((yield* receiving).toString()).toBe('mine');
        a.detach();
      }));

    it('is registered again when its number is reused and waited for as a plain number', async () => {
      const { selector: counted, calls } = countingSelector(selector);
      const loop = newEventLoop({ selector: counted });
      await runOn(loop, function* () {
        using opened = new Opened();
        const [a, b] = opened.pair();
        loop.callSoon(() => b.send(Buffer.of(1)));
        yield* sockRecv(a, 1);
        const number = a.fileno();
        closeWithoutNotice(a);
        const ends = pipe();
        expect(ends.read).toBe(number);
        const before = calls.register;
        const reading = createTask(() => waitReadable(number));
        yield* turns(2);
        expect(calls.register).toBe(before + 1);
        fd.write(ends.write, Buffer.of(1));
        yield* reading;
        a.detach();
        fd.close(ends.read);
        fd.close(ends.write);
      });
    });
  });

  it('a hundred connections that share a few numbers each receive their own bytes', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener();
      const serving = createTask(function* () {
        for (;;) {
          const { socket } = yield* sockAccept(listener);
          createTask(function* () {
            using connection = socket;
            yield* sockSendAll(connection, yield* sockRecv(connection, 100));
          });
        }
      });
      const numbers = new Set<number>();
      for (let i = 0; i < 100; i += 1) {
        using client = new Socket(AF_INET, SOCK_STREAM);
        client.setBlocking(false);
        numbers.add(client.fileno());
        yield* sockConnect(client, address);
        yield* sockSendAll(client, Buffer.from(`message ${i}`));
        expect((yield* sockRecv(client, 100)).toString()).toBe(`message ${i}`);
      }
      expect(numbers.size).toBeLessThan(10);
      yield* cancelled(serving);
    }));
});
