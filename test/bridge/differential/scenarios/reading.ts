/** Reads: flowing, paused, with read(), by iteration; and unread bytes. */

import { PassThrough } from 'node:stream';

import { patterned } from '../../../support/sockets.js';
import { type Stage, scenarios } from '../runner.js';

/** Waits until `condition` holds, checked after each event of the socket. */
async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

async function received({ socket }: Stage, byteCount: number): Promise<void> {
  await eventually(() => socket.bytesRead >= byteCount || socket.destroyed);
}

export const reading = scenarios({
  'it is paused and resumed': async (stage) => {
    const { socket, peer, recorder } = stage;
    recorder.note('flowing', socket.readableFlowing, socket.isPaused());
    recorder.attempt('pause', () => socket.pause());
    recorder.note('flowing', socket.readableFlowing, socket.isPaused());
    await peer.send('hello');
    await received(stage, 5);
    recorder.note('buffered', socket.readableLength);
    recorder.attempt('resume', () => socket.resume());
    recorder.note('flowing', socket.readableFlowing, socket.isPaused());
    await recorder.until('data');
    socket.pause();
    await peer.send(' again');
    await peer.end();
    await received(stage, 11);
    recorder.note('buffered', socket.readableLength);
    socket.resume();
    await recorder.until('close');
  },

  'a listener for data makes it flow': async ({ socket, peer, recorder }) => {
    const listener = (chunk: Buffer): void => recorder.note('listener', chunk);
    socket.on('data', listener);
    recorder.note('flowing', socket.readableFlowing);
    await peer.send('one');
    await recorder.until('data');
    socket.off('data', listener);
    recorder.note('flowing', socket.readableFlowing);
    await peer.send('two');
    await recorder.until('data', 2);
  },

  'a paused socket makes the peer wait': async (stage) => {
    const { socket, peer, recorder, medium } = stage;
    socket.pause();
    const data = patterned(medium === 'unix' ? 1_000_000 : 8_000_000); // it has a wide buffer to receive
    const sent = peer.send(data).then(() => 'sent');
    await eventually(() => socket.readableLength >= socket.readableHighWaterMark);
    const held = new Promise((resolve) => setTimeout(resolve, 20, 'held back'));
    recorder.note('the peer is', await Promise.race([sent, held]));
    socket.resume();
    await sent;
    await received(stage, data.length);
  },

  'it receives much': async (stage) => {
    stage.socket.resume();
    await stage.peer.end(patterned(2_000_000));
    await stage.recorder.until('close');
  },

  'setEncoding puts characters together': async (stage) => {
    const { socket, peer, recorder } = stage;
    const bytes = Buffer.from('a€b€');
    recorder.attempt('setEncoding', () => socket.setEncoding('utf8'));
    recorder.note('encoding', socket.readableEncoding);
    socket.on('data', (text: unknown) => recorder.note('type', typeof text));
    await peer.send(bytes.subarray(0, 2));
    await received(stage, 2);
    await peer.send(bytes.subarray(2, 7));
    await received(stage, 7);
    await peer.end();
    await recorder.until('close');
  },

  'it is read by read()': async ({ socket, peer, recorder }) => {
    await peer.send('hello world');
    await new Promise((resolve) => socket.once('readable', resolve));
    recorder.attempt('read', () => socket.read(5));
    recorder.attempt('read', () => socket.read(100));
    recorder.attempt('read', () => socket.read());
    recorder.attempt('read', () => socket.read());
    await peer.end();
    await recorder.until('end');
    recorder.attempt('read', () => socket.read());
    await recorder.until('close');
  },

  'readable announces more data': async ({ socket, peer, recorder }) => {
    socket.on('readable', () => {
      for (let chunk: unknown; (chunk = socket.read()) !== null;) recorder.note('chunk', chunk);
    });
    await peer.send('one');
    await recorder.until('data');
    await peer.send('two');
    await recorder.until('data', 2);
    await peer.end();
    await recorder.until('close');
  },

  'it is iterated to the end': async ({ socket, peer, recorder }) => {
    const text = (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    })();
    await peer.send('one ');
    await peer.end('two');
    recorder.note('iterated', await text);
    await recorder.until('close');
  },

  'its iteration is broken off': async ({ socket, peer, recorder }) => {
    await peer.send('one');
    for await (const chunk of socket) {
      recorder.note('first', chunk);
      break;
    }
    recorder.note('destroyed', socket.destroyed);
    await recorder.until('close');
    await peer.readAll();
  },

  'its iteration is left by an error': async ({ socket, peer, recorder }) => {
    await peer.send('one');
    try {
      for await (const chunk of socket) throw new Error(`no more after ${String(chunk)}`);
    } catch (error) {
      recorder.note('thrown', error);
    }
    await recorder.until('close');
    await peer.readAll();
  },

  'it is destroyed while it is iterated': async ({ socket, peer, recorder }) => {
    await peer.send('one');
    try {
      for await (const chunk of socket) {
        recorder.note('chunk', chunk);
        socket.destroy(new Error('enough'));
      }
    } catch (error) {
      recorder.note('thrown', error);
    }
    await recorder.until('close');
  },

  'bytes are given back by unshift': async (stage) => {
    const { socket, peer, recorder } = stage;
    await peer.send('head body');
    await new Promise((resolve) => socket.once('readable', resolve));
    const all = socket.read() as Buffer;
    socket.unshift(all.subarray(5));
    recorder.note('buffered', socket.readableLength);
    recorder.attempt('read', () => socket.read());
    await peer.end('!');
    socket.resume();
    await recorder.until('close');
  },

  'it is piped and unpiped': async ({ socket, peer, recorder }) => {
    const sink = new PassThrough();
    socket.pipe(sink);
    await peer.send('piped');
    await new Promise((resolve) => sink.once('readable', resolve));
    recorder.note('sink', sink.read());
    recorder.attempt('unpipe', () => socket.unpipe(sink));
    recorder.note('flowing', socket.readableFlowing);
    socket.resume();
    await peer.end('afterwards');
    await recorder.until('close');
    recorder.note('sink', sink.read(), sink.writableEnded);
  },

  'its end is piped on': async ({ socket, peer, recorder }) => {
    const sink = new PassThrough().resume();
    sink.on('end', recorder.callback('end of the sink'));
    socket.pipe(sink);
    await peer.end('piped');
    await recorder.until('close');
  },

  'it echoes': async ({ socket, peer, recorder }) => {
    socket.pipe(socket);
    await peer.send('there ');
    await peer.read(6);
    await peer.end('and back');
    await peer.readAll();
    await recorder.until('close');
  },

  'bytes are counted as they arrive': async (stage) => {
    const { socket, peer, recorder } = stage;
    recorder.note('bytesRead', socket.bytesRead);
    socket.resume();
    await peer.send(patterned(70_000));
    await received(stage, 70_000);
    recorder.note('bytesRead', socket.bytesRead);
    socket.destroy();
    recorder.note('bytesRead', socket.bytesRead);
    await recorder.until('close');
    recorder.note('bytesRead', socket.bytesRead);
  },
});
