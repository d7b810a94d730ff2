/** Node streams that end or fail while the protocol of their transport is paused, or just before it is notified. */

import { once } from 'node:events';
import { Duplex, Readable } from 'node:stream';

import { type Steps, createTask } from 'selectloop';
import { fromPromise, fromStream, toDuplex } from 'selectloop/node';
import { memoryPair } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { errorOf, hostedLoops, turns } from '../support/every-loop.js';
import { Recording, errorsOfLoop } from '../support/protocols.js';

/** A stream that receives pushed bytes, and its transport with a protocol. */
function recorded(): { stream: Duplex; protocol: Recording } {
  const stream = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(),
    allowHalfOpen: true,
  });
  const { transport } = fromStream(stream).writer;
  const protocol = new Recording();
  transport.setProtocol(protocol);
  protocol.transport = transport;
  return { stream, protocol };
}

/** Makes the stream report EOF although it is not read, as a TLSSocket does. */
function* endUnread(stream: Duplex): Steps<void> {
  stream.push(null);
  stream.read(0);
  yield* fromPromise(once(stream, 'end'));
}

describe.each(hostedLoops)('the end of a stream ($name)', ({ run }) => {
  it('is reported later if the protocol is paused when it has arrived', () =>
    run(function* () {
      const { stream, protocol } = recorded();
      stream.on('end', () => protocol.transport.pauseReading()); // the transport's listener has run already
      yield* endUnread(stream);
      yield* turns(5);
      expect(protocol.log).toEqual([]);
      protocol.transport.resumeReading();
      yield* protocol.lost;
      expect(protocol.log).toEqual(['eof', 'lost null']);
    }));

  it.each(['close', 'abort'] as const)('%s() ends a paused connection whose stream has closed', (end) =>
    run(function* () {
      const errors = errorsOfLoop();
      const { stream, protocol } = recorded();
      protocol.transport.pauseReading();
      protocol.transport.writeEof();
      yield* endUnread(stream);
      if (!stream.closed) yield* fromPromise(once(stream, 'close'));
      yield* turns(5);
      expect(protocol.log).toEqual([]);
      protocol.transport[end]();
      yield* protocol.lost;
      expect(protocol.log).toEqual(['lost null']);
      expect(errors).toEqual([]);
    }),
  );

  it.each([
    { paused: false, log: ['eof', 'lost EBROKEN'] },
    { paused: true, log: ['lost EBROKEN'] },
  ])('is reported before a later error, unless the protocol is paused ($paused)', ({ paused, log }) =>
    run(function* () {
      const { stream, protocol } = recorded();
      const broken = Object.assign(new Error('broken'), { code: 'EBROKEN' });
      stream.on('end', () => stream.destroy(broken));
      if (paused) protocol.transport.pauseReading();
      yield* endUnread(stream);
      expect(yield* protocol.lost).toBe(broken);
      expect(protocol.log).toEqual(log);
    }),
  );

  it('a stream that is destroyed with unsent bytes is lost, even while its protocol is paused', () =>
    run(function* () {
      const { stream, protocol } = recorded();
      protocol.transport.pauseReading();
      yield* endUnread(stream);
      stream.destroy();
      expect(yield* protocol.lost).toBe(null);
      expect(protocol.log).toEqual(['lost null']);
    }));
});

describe.each(hostedLoops)('a stream without a close event ($name)', ({ run }) => {
  it.each(['Duplex', 'Readable'])('waitClosed() ends after close() (%s)', (kind) =>
    run(function* () {
      const options = { emitClose: false, read: () => undefined };
      const stream =
        kind === 'Readable'
          ? new Readable(options)
          : new Duplex({ ...options, write: (_chunk, _encoding, done) => done() });
      const { reader, writer } = fromStream(stream);
      if (kind === 'Duplex') writer.write(Buffer.from('the last words'));
      writer.close();
      yield* writer.waitClosed();
      expect(stream.destroyed).toBe(true);
      expect(reader.atEof()).toBe(true);
    }),
  );
});

describe.each(hostedLoops)('a paused connection over a stream that is handed over ($name)', ({ run }) => {
  it('does not call resumeWriting on the protocol', () =>
    run(function* () {
      const writes: Array<() => void> = [];
      const stream = new Duplex({
        read: () => undefined,
        write: (_chunk, _encoding, done) => void writes.push(done),
      });
      const { transport } = fromStream(stream).writer;
      const protocol = new Recording();
      transport.setProtocol(protocol);
      transport.write(Buffer.alloc(100_000));
      const duplex = toDuplex(transport);
      for (const written of writes) written();
      yield* turns(5);
      duplex.destroy();
      yield* protocol.lost;
      expect(protocol.log).toEqual(['pause', 'lost null']);
    }));
});

describe.each(hostedLoops)('streams after toDuplex ($name)', ({ run }) => {
  it('name the refused method', () =>
    run(function* () {
      const [{ reader, writer }, far] = memoryPair();
      const pending = createTask(() => reader.readline());
      yield* turns(2);
      const duplex = toDuplex(reader, writer);
      const taken = (method: string): object => ({
        name: 'InvalidStateError',
        message: `cannot call ${method}(): toDuplex() or startTls() has taken over this connection`,
      });
      expect(yield* errorOf(pending)).toMatchObject(taken('readline'));
      expect(yield* errorOf(createTask(() => reader.readExactly(1)))).toMatchObject(taken('readExactly'));
      expect(yield* errorOf(createTask(() => writer.drain()))).toMatchObject(taken('drain'));
      duplex.destroy();
      far.writer.close();
      yield* far.writer.waitClosed();
    }));
});
