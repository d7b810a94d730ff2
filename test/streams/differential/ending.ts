/** Scenarios for the end of a connection: closed in order, closed with bytes in flight, and aborted. */

import { createTask } from 'selectloop';

import { turns } from '../../support/every-loop.js';
import { type Scenario, patterned } from './scene.js';

const bytes = (text: string): Buffer => Buffer.from(text);
const MUCH = 8_000_000;

export const ending: readonly Scenario[] = [
  ...(['a', 'b'] as const).map((closing): Scenario => ({
    name: `everything written before ${closing} closes arrives, and then EOF`,
    *steps(scene) {
      const [one, other] = closing === 'a' ? [scene.a, scene.b] : [scene.b, scene.a];
      one.writer.write(patterned(3_000_000));
      one.writer.close();
      yield* scene.result('read', other.reader.readExactly(3_000_000));
      yield* scene.result('then', other.reader.read());
      other.writer.close();
      yield* scene.result('closed', one.writer.waitClosed());
      yield* scene.result('closed', other.writer.waitClosed());
    },
    log: ['read: 3000000 bytes, in order', 'then: the end', 'closed: done', 'closed: done'],
  })),
  {
    name: 'a small message and a close, immediately after connecting',
    *steps(scene) {
      const { a, b } = scene;
      b.writer.write(bytes('greeting'));
      b.writer.close();
      yield* scene.result('a reads', a.reader.read());
      yield* scene.bothClose();
    },
    log: ['a reads: "greeting"', 'a is closed: done', 'b is closed: done'],
  },
  {
    name: 'close waits for unread bytes, which are kept until they are read',
    limit: 1000,
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(patterned(MUCH));
      a.writer.close();
      const closed = yield* scene.started(a.writer.waitClosed());
      yield* turns(50);
      scene.note(`closed before the peer read: ${closed.done()}`);
      yield* scene.result('b reads', b.reader.read());
      b.writer.close();
      yield* scene.result('closed', closed);
    },
    log: ['closed before the peer read: false', `b reads: ${MUCH} bytes, in order`, 'closed: done'],
  },
  {
    name: 'both close at the same time, each with a message for the other',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.close();
      b.writer.close();
      yield* scene.result('a is closed', a.writer.waitClosed());
      yield* scene.result('b is closed', b.writer.waitClosed());
      yield* scene.result('a reads', a.reader.read());
      yield* scene.result('b reads', b.reader.read());
    },
    log: ['a is closed: done', 'b is closed: done', 'a reads: the end', 'b reads: the end'],
  },
  {
    name: 'several tasks may call waitClosed, also again',
    *steps(scene) {
      const { a, b } = scene;
      const waits = [yield* scene.started(a.writer.waitClosed()), yield* scene.started(a.writer.waitClosed())];
      a.writer.close();
      a.writer.close();
      yield* b.reader.read();
      b.writer.close();
      for (const wait of waits) yield* scene.result('closed', wait);
      yield* scene.result('again', a.writer.waitClosed());
    },
    log: ['closed: done', 'closed: done', 'again: done'],
  },
  {
    name: 'asyncDispose closes, and waits until it is closed',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(bytes('last words'));
      const disposed = yield* scene.started(a.writer[Symbol.asyncDispose]());
      yield* scene.result('b reads', b.reader.read());
      b.writer.close();
      yield* scene.result('disposed', disposed);
      scene.call('isClosing', () => a.writer.isClosing());
    },
    log: ['b reads: "last words"', 'disposed: done', 'isClosing: true'],
  },
  {
    name: 'a pending read ends when its own side closes',
    *steps(scene) {
      const { a, b } = scene;
      const read = yield* scene.started(a.reader.read(10));
      const exact = yield* scene.started(b.reader.readExactly(10));
      a.writer.close();
      b.writer.close();
      yield* scene.result('read', read);
      yield* scene.result('readExactly', exact);
    },
    log: ['read: the end', 'readExactly: IncompleteReadError after the end'],
  },
  {
    name: 'a connection stays usable after the EOF of the peer, until both sides have closed',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.writeEof();
      yield* scene.result('b reads', b.reader.read());
      scene.call('b isClosing', () => b.writer.isClosing());
      scene.call('a isClosing', () => a.writer.isClosing());
      yield* scene.bothClose();
    },
    log: ['b reads: the end', 'b isClosing: false', 'a isClosing: false', 'a is closed: done', 'b is closed: done'],
  },
  {
    name: 'bytes received before an abort are kept, and EOF follows',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(bytes('one two'));
      yield* scene.result('first', b.reader.readExactly(3));
      a.writer.transport.abort();
      yield* scene.result('a is closed', a.writer.waitClosed());
      yield* scene.result('second', b.reader.readExactly(4));
      yield* scene.result('then', b.reader.read(1));
      b.writer.close();
      yield* scene.result('b is closed', b.writer.waitClosed());
    },
    log: ['first: "one"', 'a is closed: done', 'second: " two"', 'then: the end', 'b is closed: done'],
  },
  {
    name: 'a peer that aborts ends a pending read',
    *steps(scene) {
      const { a, b } = scene;
      b.writer.write(bytes('!'));
      yield* a.reader.readExactly(1); // by then a client has also read the TLS messages that follow the handshake
      const read = yield* scene.started(b.reader.read(10));
      a.writer.transport.abort();
      yield* scene.result('read', read);
      b.writer.close();
      yield* scene.result('b is closed', b.writer.waitClosed());
    },
    log: ['read: the end', 'b is closed: done'],
  },
  {
    name: 'a peer that aborts during a drain fails the drain, reads and waitClosed',
    *steps(scene) {
      const { a, b } = scene;
      b.writer.write(patterned(MUCH));
      const drained = yield* scene.started(b.writer.drain());
      yield* turns(20);
      a.writer.transport.abort();
      yield* scene.result('drain', drained);
      yield* scene.result('read', b.reader.read(1));
      b.writer.close();
      yield* scene.result('b is closed', b.writer.waitClosed());
      yield* scene.result('drain again', b.writer.drain());
    },
    log: [
      'drain: the connection is lost',
      'read: the connection is lost',
      'b is closed: the connection is lost',
      'drain again: the connection is lost',
    ],
  },
  {
    name: 'continued writes to a peer that is gone eventually fail',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.transport.abort();
      yield* scene.result('b reads', b.reader.read());
      yield* a.writer.waitClosed();
      const writing = createTask(function* () {
        for (;;) {
          b.writer.write(bytes('anybody there?'));
          yield* b.writer.drain();
          yield;
        }
      });
      yield* scene.result('write', writing);
    },
    log: ['b reads: the end', 'write: the connection is lost'],
  },
  {
    name: 'a close with unread bytes of the peer',
    *steps(scene) {
      const { a, b } = scene;
      b.writer.write(bytes('never read'));
      yield* a.reader.readExactly(1);
      a.writer.write(bytes('answer'));
      a.writer.close();
      yield* scene.result('b reads', b.reader.readExactly(6));
      yield* scene.result('then', b.reader.read(1));
      yield* scene.bothClose();
    },
    log: ['b reads: "answer"', 'then: the end', 'a is closed: done', 'b is closed: done'],
  },
  {
    name: 'a drain on a closed connection throws that it is lost',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.transport.abort();
      yield* scene.result('a is closed', a.writer.waitClosed());
      yield* scene.result('drain', a.writer.drain());
      yield* scene.result('read', a.reader.read());
      b.writer.close();
    },
    log: ['a is closed: done', 'drain: the connection is lost', 'read: the end'],
  },
];
