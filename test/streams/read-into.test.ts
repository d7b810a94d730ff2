/** `readInto`: bytes in the caller's memory, in the same order and with the same ends as with `read`, which is its specification. */

import {
  StreamReader,
  StreamReaderProtocol,
  type StreamWriter,
  createTask,
  gather,
  openConnection,
  startServer,
  type Steps,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { Inbox } from '../../lib/streams/inbox.js';
import { errorOf, everyLoop, turns } from '../support/every-loop.js';
import { patterned } from '../support/sockets.js';

/** Everything that a reader returns, with reads of changing sizes: by `readInto` or by `read`. */
function* everything(reader: StreamReader, into: boolean): Steps<Buffer> {
  const parts: Buffer[] = [];
  const sizes = [1, 70_000, 7, 300_000, 4096];
  for (let i = 0; ; i += 1) {
    const size = sizes[i % sizes.length]!;
    const buffer = Buffer.alloc(size);
    const part = into ? buffer.subarray(0, yield* reader.readInto(buffer)) : yield* reader.read(size);
    if (part.length === 0) return Buffer.concat(parts);
    parts.push(part);
    if (i % 7 === 3) parts.push(yield* reader.readline());
  }
}

describe.each(everyLoop)('readInto ($name)', ({ run }) => {
  it('returns the same bytes as read, from one connection and between lines', () =>
    run(function* () {
      const sent = patterned(1_500_000);
      const server = yield* startServer(
        function* (_reader: StreamReader, writer: StreamWriter) {
          for (let at = 0, size = 1; at < sent.length; at += size, size = (size * 3) % 200_003) {
            writer.write(sent.subarray(at, at + size));
            yield* writer.drain();
          }
          writer.close();
        },
        '127.0.0.1',
        0,
      );
      const read = function* (into: boolean): Steps<Buffer> {
        const { reader, writer } = yield* openConnection('127.0.0.1', server.port, { limit: 200_000 });
        const all = yield* everything(reader, into);
        expect(reader.atEof()).toBe(true);
        expect(yield* reader.readInto(Buffer.alloc(5))).toBe(0);
        writer.close();
        return all;
      };
      const [plain, direct] = yield* gather([read(false), read(true)]);
      expect(plain.equals(sent)).toBe(true);
      expect(direct.equals(sent)).toBe(true);
      server.close();
      yield* server.waitClosed();
    }));

  it('takes nothing when it is cancelled, even if its bytes had arrived in the buffer', () =>
    run(function* () {
      const reader = new StreamReader();
      const protocol = new StreamReaderProtocol(reader);
      const reading = createTask(() => reader.readInto(Buffer.alloc(10)));
      yield* turns(2);
      const destination = protocol._destination()!;
      expect(destination.length).toBe(10);
      reading.cancel(); // the task is woken, but has not run
      if (protocol._destination() === null) protocol.dataReceived(Buffer.from('early'));
      expect(yield* errorOf(reading)).toMatchObject({ name: 'CancelledError' });
      expect(protocol._destination()).toBeNull();
      protocol.dataReceived(Buffer.from(' and late'));
      const buffer = Buffer.alloc(20);
      expect(String(buffer.subarray(0, yield* reader.readInto(buffer)))).toBe('early and late');
    }));

  it('receives directly only while it waits with nothing before it', () =>
    run(function* () {
      const reader = new StreamReader();
      const protocol = new StreamReaderProtocol(reader);
      expect(protocol._destination()).toBeNull();
      protocol.dataReceived(Buffer.from('abc'));
      const buffer = Buffer.alloc(2);
      expect(yield* reader.readInto(buffer)).toBe(2);
      expect(protocol._destination()).toBeNull();
      expect(yield* reader.readInto(buffer)).toBe(1);
      const reading = createTask(() => reader.readInto(buffer));
      yield* turns(2);
      expect(yield* errorOf(createTask(() => reader.read(1)))).toMatchObject({ code: 'ERR_INVALID_STATE' });
      expect(protocol._destination()).toBe(buffer);
      buffer.write('xy');
      protocol._receivedInto(2);
      expect(protocol._destination()).toBeNull();
      expect(yield* reading).toBe(2);
      const line = createTask(() => reader.readline());
      yield* turns(2);
      expect(protocol._destination()).toBeNull();
      protocol.dataReceived(Buffer.from('line\n'));
      expect(String(yield* line)).toBe('line\n');
    }));

  it('keeps bytes in order if the task does not run as soon as they are in its buffer', () =>
    run(function* () {
      const inbox = new Inbox(100);
      const buffer = Buffer.alloc(3);
      expect(inbox.arrivalInto(buffer).done()).toBe(false); // no task waits for it
      expect(inbox.destination()).toBe(buffer);
      buffer.write('one');
      inbox.receivedInto(3);
      expect([inbox.takeFilled(), inbox.destination()]).toEqual([0, null]);
      buffer.fill(0);
      inbox.receive(Buffer.from(' two'));
      expect(String(inbox.take(7))).toBe('one two');
      yield* turns(1);
    }));

  it('loses nothing if its buffer is transferred, and refuses what is none', () =>
    run(function* () {
      const reader = new StreamReader();
      const protocol = new StreamReaderProtocol(reader);
      const bytes = new Uint8Array(8);
      const reading = createTask(() => reader.readInto(bytes));
      yield* turns(2);
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      expect(protocol._destination()).toBeNull();
      protocol.dataReceived(Buffer.from('kept'));
      expect(yield* errorOf(reading)).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
      expect(String(yield* reader.read(10))).toBe('kept');
      expect(() => reader.readInto('text' as never)).toThrow('StreamReader.readInto: buffer: expected a Buffer');
      expect(yield* reader.readInto(Buffer.alloc(0))).toBe(0);
      reader.setException(new Error('lost'));
      expect(yield* errorOf(createTask(() => reader.readInto(Buffer.alloc(1))))).toMatchObject({ message: 'lost' });
    }));
});
