/** Scenarios for writing: backpressure, half-close, misuse. */

import { type Steps, createTask } from 'selectloop';

import { turns } from '../../support/every-loop.js';
import { type End, type Scenario, patterned } from './scene.js';

const bytes = (text: string): Buffer => Buffer.from(text);

/** More than all buffers between the two sides hold while neither reads. */
const MUCH = 8_000_000;

/** Reads until EOF. */
function* readAll({ reader }: End): Steps<Buffer> {
  return yield* reader.read();
}

export const writing: readonly Scenario[] = [
  {
    name: 'written bytes are copied, and an empty write sends nothing',
    *steps(scene) {
      const { a, b } = scene;
      const buffer = bytes('first ');
      a.writer.write(buffer);
      buffer.fill('!');
      a.writer.write(Buffer.alloc(0));
      a.writer.writelines([]);
      a.writer.writelines([bytes('second '), Buffer.alloc(0), new Uint8Array(bytes('third'))]);
      a.writer.close();
      yield* scene.result('all', b.reader.read());
    },
    log: ['all: "first second third"'],
  },
  {
    name: 'drain does not wait while little is buffered',
    *steps(scene) {
      const { a } = scene;
      yield* scene.result('drain', a.writer.drain());
      a.writer.write(bytes('little'));
      yield* scene.result('drain again', a.writer.drain());
    },
    log: ['drain: done', 'drain again: done'],
  },
  {
    name: 'drain waits until the peer reads',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(patterned(MUCH));
      const drained = yield* scene.started(a.writer.drain());
      yield* turns(50);
      scene.note(`drained before the peer read: ${drained.done()}`);
      yield* scene.result('read', b.reader.readExactly(MUCH));
      yield* scene.result('drain', drained);
    },
    log: ['drained before the peer read: false', `read: ${MUCH} bytes, in order`, 'drain: done'],
  },
  {
    name: 'several tasks wait for the same drain',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(patterned(MUCH));
      const drains = [yield* scene.started(a.writer.drain()), yield* scene.started(a.writer.drain())];
      drains[0]!.cancel();
      yield* scene.result('read', b.reader.readExactly(MUCH));
      yield* scene.result('cancelled', drains[0]!);
      yield* scene.result('other', drains[1]!);
    },
    log: [`read: ${MUCH} bytes, in order`, 'cancelled: CancelledError ERR_CANCELLED', 'other: done'],
  },
  {
    name: 'both sides send many bytes at the same time',
    *steps(scene) {
      const { a, b } = scene;
      for (const { writer } of [a, b]) {
        writer.write(patterned(1_000_000));
        writer.writeEof();
      }
      const read = createTask(readAll(a));
      yield* scene.result('b', b.reader.read());
      yield* scene.result('a', read);
      yield* scene.bothClose();
    },
    log: ['b: 1000000 bytes, in order', 'a: 1000000 bytes, in order', 'a is closed: done', 'b is closed: done'],
  },
  {
    name: 'a question and its answer, a hundred times',
    *steps(scene) {
      const { a, b } = scene;
      createTask(function* () {
        for (let line = yield* b.reader.readline(); line.length > 0; line = yield* b.reader.readline()) {
          b.writer.write(line);
          yield* b.writer.drain();
        }
        b.writer.close();
      });
      for (let i = 0; i < 100; i += 1) {
        a.writer.write(bytes(`line ${i}\n`));
        const answer = (yield* a.reader.readline()).toString();
        if (answer !== `line ${i}\n`) scene.note(`wrong answer ${answer}`);
      }
      a.writer.writeEof();
      yield* scene.result('after the last', a.reader.readline());
    },
    log: ['after the last: the end'],
  },
  ...(['a', 'b'] as const).map((ending): Scenario => ({
    name: `after the half close of ${ending} the other side still sends`,
    *steps(scene) {
      const [one, other] = ending === 'a' ? [scene.a, scene.b] : [scene.b, scene.a];
      one.writer.write(bytes('question'));
      one.writer.writeEof();
      yield* scene.result('question', other.reader.read());
      yield* turns(5);
      other.writer.write(patterned(500_000));
      const drained = yield* scene.started(other.writer.drain());
      other.writer.writeEof();
      yield* scene.result('answer', one.reader.read());
      yield* scene.result('drain', drained);
      yield* scene.bothClose();
    },
    log: [
      'question: "question"',
      'answer: 500000 bytes, in order',
      'drain: done',
      'a is closed: done',
      'b is closed: done',
    ],
  })),
  {
    name: 'an unread answer survives the half-close of the side that asked',
    limit: 1000,
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(bytes('question'));
      a.writer.writeEof();
      yield* scene.result('question', b.reader.read());
      b.writer.write(patterned(300_000));
      b.writer.close();
      yield* turns(50); // the reader of a is full, and its transport paused
      yield* scene.result('answer', a.reader.read());
      a.writer.close();
      yield* scene.result('a is closed', a.writer.waitClosed());
      yield* scene.result('b is closed', b.writer.waitClosed());
    },
    log: ['question: "question"', 'answer: 300000 bytes, in order', 'a is closed: done', 'b is closed: done'],
  },
  {
    name: 'a write after writeEof is refused',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(bytes('before'));
      a.writer.writeEof();
      a.writer.writeEof();
      scene.call('write', () => a.writer.write(bytes('after')));
      scene.call('writelines', () => a.writer.writelines([bytes('after')]));
      scene.call('isClosing', () => a.writer.isClosing());
      yield* scene.result('b reads', b.reader.read());
    },
    log: [
      'write: InvalidStateError ERR_INVALID_STATE',
      'writelines: InvalidStateError ERR_INVALID_STATE',
      'isClosing: false',
      'b reads: "before"',
    ],
  },
  {
    name: 'writes after close are dropped, and drain throws that the connection is lost',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(bytes('before'));
      a.writer.close();
      scene.call('write', () => a.writer.write(bytes('after')));
      scene.call('isClosing', () => a.writer.isClosing());
      yield* scene.result('b reads', b.reader.read());
      b.writer.close();
      yield* scene.result('a is closed', a.writer.waitClosed());
      yield* scene.result('drain', a.writer.drain());
    },
    log: ['write: done', 'isClosing: true', 'b reads: "before"', 'a is closed: done', 'drain: the connection is lost'],
  },
  {
    name: 'text is refused where bytes are expected',
    *steps(scene) {
      const { a, b } = scene;
      scene.call('write', () => a.writer.write('text' as never));
      scene.call('writelines', () => a.writer.writelines(['text'] as never));
      scene.call('writelines of nothing', () => a.writer.writelines(5 as never));
      a.writer.close();
      yield* scene.result('b reads', b.reader.read());
    },
    log: [
      'write: TypeError ERR_INVALID_ARG_TYPE',
      'writelines: TypeError ERR_INVALID_ARG_TYPE',
      'writelines of nothing: TypeError ERR_INVALID_ARG_TYPE',
      'b reads: the end',
    ],
  },
];
