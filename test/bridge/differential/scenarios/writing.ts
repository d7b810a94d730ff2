/** Writes: backpressure, callbacks, encodings, refused writes, and pipelines into the socket. */

import { Readable, Writable, finished, pipeline } from 'node:stream';

import { patterned } from '../../../support/sockets.js';
import { MORE_THAN_KERNEL_HOLDS, scenarios } from '../runner.js';

export const writing = scenarios({
  'a large write makes it wait for drain': async ({ socket, peer, recorder }) => {
    const large = patterned(MORE_THAN_KERNEL_HOLDS);
    recorder.attempt('write', () => socket.write(large, recorder.callback('write')));
    recorder.note('needs drain', socket.writableNeedDrain, socket.writableLength);
    await peer.read(large.length);
    await recorder.until('drain');
    recorder.note('needs drain', socket.writableNeedDrain, socket.writableLength);
    recorder.attempt('write', () => socket.write('small', recorder.callback('small')));
    await peer.read(large.length + 5);
  },

  'many writes complete in order': async ({ socket, peer, recorder }) => {
    for (let i = 0; i < 20; i += 1) socket.write(`${i} `, recorder.callback(`write ${i}`));
    await peer.read(50);
  },

  'large writes follow each other': async ({ socket, peer, recorder }) => {
    recorder.ignore('drain'); // its place depends on whether the kernel takes the smaller writes immediately
    const first = Buffer.alloc(MORE_THAN_KERNEL_HOLDS);
    socket.write(first, recorder.callback('write 0'));
    for (let i = 1; i < 4; i += 1) socket.write(patterned(500_000, i), recorder.callback(`write ${i}`));
    recorder.note('buffered', socket.writableLength);
    await peer.read(first.length + 1_500_000);
    await recorder.until('drain');
  },

  'a write is larger than the high water mark': async ({ socket, peer, recorder }) => {
    const size = socket.writableHighWaterMark + 4000;
    recorder.note('mark', socket.writableHighWaterMark);
    recorder.attempt('write', () => socket.write(patterned(size), recorder.callback('write')));
    if (socket.writableNeedDrain) await recorder.until('drain'); // not if the kernel takes it immediately
    await peer.read(size);
  },

  'bytes are counted before they are sent': async ({ socket, peer, recorder }) => {
    const large = patterned(MORE_THAN_KERNEL_HOLDS);
    socket.write(large);
    socket.write('äöü');
    recorder.note('bytesWritten', socket.bytesWritten);
    await peer.read(large.length + 6);
    await recorder.until('drain');
    recorder.note('bytesWritten', socket.bytesWritten);
  },

  'cork holds writes back': async ({ socket, peer, recorder }) => {
    socket.cork();
    socket.cork();
    socket.write('one ', recorder.callback('one'));
    socket.write('74776f20', 'hex', recorder.callback('two'));
    socket.write(Buffer.from('three'), recorder.callback('three'));
    recorder.note('corked', socket.writableCorked, socket.writableLength);
    socket.uncork();
    recorder.note('corked', socket.writableCorked, socket.writableLength);
    socket.uncork();
    recorder.note('corked', socket.writableCorked);
    await peer.read(13);
  },

  'end releases what is corked': async ({ socket, peer, recorder }) => {
    socket.cork();
    socket.write('one ', recorder.callback('one'));
    socket.write('two', recorder.callback('two'));
    socket.end(recorder.callback('end'));
    await peer.readAll();
    await recorder.until('finish');
  },

  'strings have encodings': async ({ socket, peer, recorder }) => {
    const ofText = ['utf8', 'latin1', 'ascii', 'ucs2', 'UTF-8'] as BufferEncoding[];
    for (const encoding of ofText) socket.write('aä€', encoding, recorder.callback(encoding));
    const ofBytes = ['hex', 'base64', 'base64url'] as const;
    for (const encoding of ofBytes) socket.write('6f6b', encoding, recorder.callback(encoding));
    recorder.attempt('setDefaultEncoding', () => socket.setDefaultEncoding('latin1'));
    socket.end('ä');
    await peer.readAll();
  },

  'it writes a Uint8Array': async ({ socket, peer, recorder }) => {
    recorder.attempt('write', () => socket.write(new Uint8Array([1, 2, 3]), recorder.callback('write')));
    recorder.attempt('write', () => socket.write(new Uint8Array(new ArrayBuffer(9), 2, 3), recorder.callback('view')));
    await peer.read(6);
  },

  'it writes nothing': async ({ socket, peer, recorder }) => {
    recorder.attempt('write', () => socket.write('', recorder.callback('text')));
    recorder.attempt('write', () => socket.write(Buffer.alloc(0), recorder.callback('bytes')));
    socket.end('end');
    await peer.readAll();
  },

  'it is given wrong types': async ({ socket, peer, recorder }) => {
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    for (const value of [5, null, undefined, {}, [1], true, new ArrayBuffer(2), new Uint16Array(2)]) {
      recorder.attempt('write', () => write(value, recorder.callback('write')));
    }
    recorder.attempt('write', () => write('a', 'no such encoding'));
    recorder.attempt('setDefaultEncoding', () => socket.setDefaultEncoding('no such encoding' as BufferEncoding));
    recorder.attempt('setEncoding', () => socket.setEncoding('no such encoding' as BufferEncoding));
    recorder.attempt('end', () => (socket.end as (data: unknown) => unknown)(5));
    socket.destroy();
    await recorder.until('close');
    await peer.readAll();
  },

  'a pipeline runs into it': async ({ socket, peer, recorder }) => {
    const source = Readable.from([patterned(100_000), patterned(400_000, 1), patterned(3, 2)]);
    pipeline(source, socket, recorder.callback('pipeline'));
    await peer.readAll();
    await recorder.until('finish');
  },

  'the source of a pipeline into it fails': async ({ socket, peer, recorder }) => {
    const source = new Readable({ read: () => undefined });
    pipeline(source, socket, recorder.callback('pipeline'));
    source.push('begin');
    await peer.read(5);
    source.destroy(new Error('source failed'));
    await recorder.until('close');
    await peer.readAll();
  },

  'it is destroyed in a pipeline into it': async ({ socket, peer, recorder }) => {
    const source = new Readable({ read: () => undefined });
    pipeline(source, socket, recorder.callback('pipeline'));
    source.push('begin');
    await peer.read(5);
    socket.destroy();
    await recorder.until('close');
    recorder.note('source destroyed', source.destroyed);
  },

  'a pipeline runs out of it': async ({ socket, peer, recorder }) => {
    let received = '';
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        received += chunk.toString();
        done();
      },
    });
    pipeline(socket, sink, recorder.callback('pipeline'));
    await peer.end('all of it');
    await recorder.until('close');
    recorder.note('received', received);
  },

  'the sink of a pipeline out of it fails': async ({ socket, peer, recorder }) => {
    const sink = new Writable({ write: (_chunk, _encoding, done) => done(new Error('sink failed')) });
    pipeline(socket, sink, recorder.callback('pipeline'));
    await peer.send('something');
    await recorder.until('close');
    await peer.readAll();
  },

  'finished() watches it': async ({ socket, peer, recorder }) => {
    finished(socket, recorder.callback('finished'));
    socket.resume();
    socket.end('ours');
    await peer.readAll();
    await peer.end();
    await recorder.until('close');
  },

  'finished() watches it, and it is destroyed': async ({ socket, peer, recorder }) => {
    finished(socket, recorder.callback('finished'));
    socket.destroy();
    await recorder.until('close');
    await peer.readAll();
  },
});
