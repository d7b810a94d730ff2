/** Half-closes of either side, with data before, after, or unread. */

import { patterned } from '../../../support/sockets.js';
import { MORE_THAN_KERNEL_HOLDS, scenarios } from '../runner.js';

export const ending = scenarios({
  'the peer ends and the socket is read': async ({ socket, peer, recorder }) => {
    socket.resume();
    await peer.end('last words');
    await recorder.until('close');
    await peer.readAll();
  },

  'the peer ends and nothing reads the socket': async ({ peer, recorder }) => {
    await peer.end();
    await recorder.until('close');
    await peer.readAll();
  },

  'the peer ends behind data that is not read until later': async ({ socket, peer, recorder }) => {
    socket.pause();
    await peer.end('unread');
    recorder.note('readable', socket.readable);
    socket.resume();
    await recorder.until('close');
    await peer.readAll();
  },

  'the peer ends while data waits to be sent': async ({ socket, peer, recorder }) => {
    socket.resume();
    socket.write(Buffer.alloc(MORE_THAN_KERNEL_HOLDS), recorder.callback('write'));
    await peer.end();
    await recorder.until('end');
    await peer.readAll();
    await recorder.until('close');
  },

  'the peer ends and half-open is allowed': async ({ socket, peer, recorder }) => {
    socket.allowHalfOpen = true;
    socket.resume();
    await peer.end('question');
    await recorder.until('end');
    recorder.note('readyState', socket.readyState);
    socket.write('more', recorder.callback('write'));
    await peer.read(4);
    socket.end('answer');
    await peer.readAll();
    await recorder.until('close');
  },

  'it writes after the peer has ended': async ({ socket, peer, recorder }) => {
    socket.resume();
    socket.on('end', () => {
      recorder.attempt('write', () => socket.write('late', recorder.callback('write')));
    });
    await peer.end();
    await recorder.until('close');
  },

  'it writes after the peer has ended, its own end waiting to be sent': async ({ socket, peer, recorder }) => {
    socket.resume();
    socket.write(Buffer.alloc(MORE_THAN_KERNEL_HOLDS), recorder.callback('first'));
    await peer.end();
    await recorder.until('end');
    await new Promise((resolve) => setImmediate(resolve));
    recorder.note('ended', socket.writableEnded);
    recorder.attempt('write', () => socket.write('late', recorder.callback('late')));
    await recorder.until('close');
  },

  'it ends with an answer when the peer has ended': async ({ socket, peer, recorder }) => {
    socket.resume();
    socket.on('end', () => socket.end('answer'));
    socket.allowHalfOpen = true;
    await peer.end();
    await peer.readAll();
    await recorder.until('close');
  },

  'it ends first and the peer answers': async ({ socket, peer, recorder }) => {
    socket.end('question');
    await recorder.until('finish');
    recorder.note('readyState', socket.readyState);
    await peer.readAll();
    socket.resume();
    await peer.send('one');
    await peer.end('two');
    await recorder.until('close');
  },

  'it ends first and the answer arrives while it is paused': async ({ socket, peer, recorder }) => {
    socket.pause();
    socket.end('question');
    await peer.readAll();
    await recorder.until('finish');
    await peer.end(patterned(300));
    recorder.note('destroyed', socket.destroyed);
    socket.resume();
    await recorder.until('close');
  },

  'it ends first and the peer only ends': async ({ socket, peer, recorder }) => {
    socket.end();
    await recorder.until('finish');
    await peer.readAll();
    await peer.end();
    socket.resume();
    await recorder.until('close');
  },

  'both ends end at the same time': async ({ socket, peer, recorder }) => {
    for (const event of ['prefinish', 'finish']) recorder.ignore(event); // before the data, or after it
    socket.resume();
    socket.end('ours');
    await peer.end('theirs');
    await peer.readAll();
    await recorder.until('close');
  },

  'end is given data, an encoding and a callback': async ({ socket, peer, recorder }) => {
    recorder.attempt('end', () => socket.end('6f6b', 'hex', recorder.callback('end')));
    await recorder.until('finish');
    await peer.readAll();
  },

  'end is called twice': async ({ socket, peer, recorder }) => {
    socket.end(recorder.callback('first'));
    recorder.attempt('end', () => socket.end(recorder.callback('second')));
    await recorder.until('finish');
    recorder.attempt('end', () => socket.end(recorder.callback('third')));
    await peer.readAll();
  },

  'end is given data after the end': async ({ socket, peer, recorder }) => {
    socket.end();
    recorder.attempt('end', () => socket.end('late', recorder.callback('end')));
    await recorder.until('close');
    await peer.readAll();
  },

  'it writes after its own end': async ({ socket, peer, recorder }) => {
    socket.end('first');
    recorder.attempt('write', () => socket.write('late', recorder.callback('write')));
    await recorder.until('close');
    await peer.readAll();
  },

  'it calls end() while a large write is pending': async ({ socket, peer, recorder }) => {
    const large = patterned(MORE_THAN_KERNEL_HOLDS);
    recorder.attempt('write', () => socket.write(large, recorder.callback('write')));
    socket.end(recorder.callback('end'));
    recorder.note('writable', socket.writable, socket.writableFinished);
    await peer.readAll();
    await recorder.until('finish');
  },

  'destroySoon waits for a large write': async ({ socket, peer, recorder }) => {
    const large = patterned(MORE_THAN_KERNEL_HOLDS);
    socket.write(large, recorder.callback('write'));
    recorder.attempt('destroySoon', () => socket.destroySoon());
    recorder.note('destroyed', socket.destroyed);
    await peer.readAll();
    await recorder.until('close');
  },

  'destroySoon has nothing to wait for': async ({ socket, peer, recorder }) => {
    socket.destroySoon();
    await recorder.until('close');
    await peer.readAll();
  },

  'destroySoon comes after finish': async ({ socket, peer, recorder }) => {
    socket.end('all');
    await recorder.until('finish');
    socket.destroySoon();
    recorder.note('destroyed', socket.destroyed);
    await recorder.until('close');
    await peer.readAll();
  },
});
