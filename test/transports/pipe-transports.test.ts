/** Pipe transports on every selector, hosted and blocking. */

import { closeSync, openSync } from 'node:fs';

import {
  type Protocol,
  Future,
  type Steps,
  type Transport,
  connectReadPipe,
  connectWritePipe,
  createTask,
  fd,
  getRunningLoop,
  pipe,
  sleep,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelled, errorOf, everyLoop, expectQuiet, turns, waiting } from '../support/every-loop.js';
import { patterned } from '../support/sockets.js';

/** Records every call. */
class Recorder implements Protocol {
  readonly events: string[] = [];
  readonly chunks: Buffer[] = [];
  readonly lost = new Future<unknown>();

  connectionMade(): void {
    this.events.push('made');
  }

  dataReceived(data: Buffer): void {
    this.chunks.push(data);
  }

  eofReceived(): boolean {
    this.events.push('eof');
    return true; // a pipe closes at EOF whatever this returns
  }

  pauseWriting(): void {
    this.events.push('pause');
  }

  resumeWriting(): void {
    this.events.push('resume');
  }

  connectionLost(error: unknown): void {
    this.lost.setResult(error);
  }
}

interface Ends {
  reading: { transport: Transport; protocol: Recorder };
  writing: { transport: Transport; protocol: Recorder };
}

function* connectedPipe(): Steps<Ends> {
  const { read, write } = pipe();
  const make = (): Recorder => new Recorder();
  return { reading: yield* connectReadPipe(make, read), writing: yield* connectWritePipe(make, write) };
}

const isOpen = (descriptor: number): boolean => {
  try {
    fd.setBlocking(descriptor, false);
    return true;
  } catch {
    return false;
  }
};

describe.each(everyLoop)('pipe transports ($name)', (loop) => {
  it('bytes arrive, and EOF closes both ends', () =>
    loop.run(function* () {
      const { reading, writing } = yield* connectedPipe();
      writing.transport.write(Buffer.from('one '));
      writing.transport.writelines([Buffer.from('two '), Buffer.from('three')]);
      expect(writing.transport.canWriteEof()).toBe(true);
      writing.transport.writeEof();
      expect(yield* reading.protocol.lost).toBeNull();
      expect(yield* writing.protocol.lost).toBeNull();
      expect(Buffer.concat(reading.protocol.chunks).toString()).toBe('one two three');
      expect(reading.protocol.events).toEqual(['made', 'eof']);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it('bytes that do not fit the pipe are queued, pause the protocol and are written before it closes', () =>
    loop.run(function* () {
      const { reading, writing } = yield* connectedPipe();
      const data = patterned(1_000_000);
      reading.transport.pauseReading();
      writing.transport.write(data);
      expect(writing.protocol.events).toEqual(['made', 'pause']);
      expect(writing.transport.getWriteBufferSize()).toBeGreaterThan(65_536);
      writing.transport.close();
      yield* expectQuiet();
      reading.transport.resumeReading();
      expect(yield* reading.protocol.lost).toBeNull();
      expect(yield* writing.protocol.lost).toBeNull();
      expect(Buffer.concat(reading.protocol.chunks).equals(data)).toBe(true);
      expect(writing.protocol.events).toEqual(['made', 'pause', 'resume']);
    }));

  it('the writing end is lost when the last reader is gone: in order if everything was written, otherwise with EPIPE', () =>
    loop.run(function* () {
      const idle = yield* connectedPipe();
      idle.reading.transport.close();
      expect(yield* idle.writing.protocol.lost).toBeNull();
      const busy = yield* connectedPipe();
      busy.reading.transport.pauseReading();
      busy.writing.transport.write(Buffer.alloc(200_000));
      busy.reading.transport.abort();
      expect(yield* busy.writing.protocol.lost).toMatchObject({ code: 'EPIPE', syscall: 'write' });
    }));

  it('a pipe goes one way', () =>
    loop.run(function* () {
      const { reading, writing } = yield* connectedPipe();
      expect(() => reading.transport.write(Buffer.from('x'))).toThrow(/this is the reading end of a pipe/);
      expect(() => reading.transport.writeEof()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
      expect([reading.transport.canWriteEof(), writing.transport.isReading()]).toEqual([false, false]);
      writing.transport.pauseReading();
      writing.transport.resumeReading();
      const number = reading.transport.getExtraInfo('pipe') as number;
      const shown: unknown = reading.transport;
      expect(String(shown)).toMatch(new RegExp(`^<ReadPipeTransport fd=${number} `));
      expect(() => getRunningLoop().addReader(number, () => {})).toThrow(/is used by transport <ReadPipeTransport/);
      writing.transport.close();
      yield* reading.protocol.lost;
      expect([isOpen(number), writing.transport.isClosing()]).toEqual([false, true]);
    }));

  it('cancelled, or with a factory that throws, it closes the descriptor', () =>
    loop.run(function* () {
      const { read, write } = pipe();
      const task = createTask(() => connectReadPipe(() => new Recorder(), read));
      yield* turns(1);
      if (!task.done()) yield* cancelled(task);
      const failing = createTask(() =>
        connectWritePipe(() => {
          throw new Error('no protocol');
        }, write),
      );
      expect(yield* errorOf(failing)).toMatchObject({ message: 'no protocol' });
      yield* sleep(0);
      if (!task.cancelled()) (yield* task).transport.close();
      yield* turns(3);
      expect([isOpen(read), isOpen(write)]).toEqual([false, false]);
    }));
});

describe('connectReadPipe and connectWritePipe', () => {
  it('immediately refuse files that no selector can wait for, and leave them unchanged', () => {
    const file = openSync('/etc/passwd', 'r');
    try {
      for (const connect of [connectReadPipe, connectWritePipe]) {
        const make = (): Recorder => new Recorder();
        expect(() => connect(make, file)).toThrow(/expected the descriptor of a pipe, a socket or a terminal/);
        expect(() => connect(make, 99_999)).toThrow(expect.objectContaining({ code: 'EBADF' }));
        expect(() => connect(make, -1)).toThrow(RangeError);
        expect(() => connect(make, '0' as never)).toThrow(TypeError);
        expect(() => connect(null as never, 0)).toThrow(TypeError);
      }
      expect(isOpen(file)).toBe(true);
    } finally {
      closeSync(file);
    }
  });
});
