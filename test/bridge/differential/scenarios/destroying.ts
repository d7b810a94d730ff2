/** The connection is destroyed, or lost, in each phase of its life. */

import { MORE_THAN_KERNEL_HOLDS, type Stage, scenarios } from '../runner.js';

/** A write that cannot complete, because the peer does not read. */
function writeTooMuch({ socket, recorder }: Stage): void {
  const large = Buffer.alloc(MORE_THAN_KERNEL_HOLDS);
  recorder.attempt('write', () => socket.write(large, recorder.callback('first')));
  recorder.attempt('write', () => socket.write('behind it', recorder.callback('second')));
}

export const destroying = [
  ...scenarios({
    'destroy comes before any data': async ({ socket, peer, recorder }) => {
      recorder.attempt('destroy', () => socket.destroy());
      recorder.note('destroyed', socket.destroyed);
      await recorder.until('close');
      await peer.readAll();
    },

    'destroy is given an error': async ({ socket, peer, recorder }) => {
      socket.destroy(new RangeError('enough'));
      recorder.note('errored', socket.errored);
      await recorder.until('close');
      await peer.readAll();
    },

    'destroy is called twice': async ({ socket, peer, recorder }) => {
      socket.destroy();
      recorder.attempt('destroy', () => socket.destroy(new Error('too late')));
      await recorder.until('close');
      await peer.readAll();
    },

    'destroy comes while writes are pending': async (stage) => {
      writeTooMuch(stage);
      stage.socket.destroy();
      await stage.recorder.until('close');
    },

    'destroy is given an error while writes are pending': async (stage) => {
      writeTooMuch(stage);
      stage.socket.destroy(new RangeError('enough'));
      await stage.recorder.until('close');
    },

    'destroy() is called while end() waits for a pending write': async (stage) => {
      const { socket, recorder } = stage;
      writeTooMuch(stage);
      socket.end(recorder.callback('end'));
      socket.destroy();
      await recorder.until('close');
    },

    'destroy comes when a pending write has gone on for a while': async (stage) => {
      writeTooMuch(stage);
      await stage.peer.read(300_000);
      stage.peer.ignoreBytes();
      stage.socket.destroy();
      await stage.recorder.until('close');
    },

    'destroy comes after its end': async ({ socket, peer, recorder }) => {
      socket.end('all');
      await recorder.until('finish');
      socket.destroy();
      await recorder.until('close');
      await peer.readAll();
    },

    'destroy comes with the end of the peer': async ({ socket, peer, recorder }) => {
      socket.resume();
      socket.on('end', () => socket.destroy());
      await peer.end('bye');
      await recorder.until('close');
      await peer.readAll();
    },

    'destroy comes with the first data': async ({ socket, peer, recorder }) => {
      socket.once('data', () => socket.destroy());
      await peer.send('hello');
      await recorder.until('close');
      await peer.readAll();
    },

    'destroy comes while data is unread': async ({ socket, peer, recorder, medium }) => {
      socket.pause();
      await peer.send('unread');
      // Over TLS the stream receives by itself. If it has not done so yet, the kernel resets the connection.
      if (medium === 'tls') await new Promise<void>((resolve) => socket.once('readable', resolve));
      socket.destroy();
      await recorder.until('close');
      recorder.attempt('read', () => socket.read());
    },

    'it is used after destroy': async ({ socket, peer, recorder }) => {
      socket.destroy();
      recorder.attempt('write', () => socket.write('late', recorder.callback('write')));
      recorder.attempt('end', () => socket.end('late', recorder.callback('end')));
      recorder.attempt('pause', () => socket.pause());
      recorder.attempt('resume', () => socket.resume());
      recorder.attempt('setTimeout', () => socket.setTimeout(10));
      recorder.attempt('setNoDelay', () => socket.setNoDelay());
      recorder.attempt('setKeepAlive', () => socket.setKeepAlive(true, 1000));
      recorder.attempt('destroySoon', () => socket.destroySoon());
      recorder.attempt('address', () => socket.address());
      await recorder.until('close');
      recorder.attempt('write', () => socket.write('later', recorder.callback('write after close')));
      await peer.readAll();
    },

    'an error listener writes': async ({ socket, peer, recorder }) => {
      socket.on('error', () => {
        recorder.attempt('write', () => socket.write('late', recorder.callback('write')));
      });
      socket.destroy(new Error('enough'));
      await recorder.until('close');
      await peer.readAll();
    },

    'destroy comes in a write callback': async ({ socket, peer, recorder }) => {
      socket.write('one', () => {
        recorder.note('written');
        socket.destroy();
      });
      await recorder.until('close');
      await peer.readAll();
    },
  }),

  ...scenarios(
    {
      'the peer closes with unread data': async ({ socket, peer, recorder }) => {
        socket.resume();
        await new Promise((resolve) => socket.write('never read', resolve));
        await peer.destroy();
        await recorder.until('close');
      },

      'it writes to a peer that is gone': async ({ socket, peer, recorder }) => {
        socket.allowHalfOpen = true;
        socket.resume();
        await peer.destroy();
        await recorder.until('end');
        await new Promise<void>((resolve) => {
          socket.write('first', (error) => {
            recorder.note('first called back', error);
            setImmediate(resolve); // on TCP the reset has arrived by then
          });
        });
        if (!socket.destroyed) socket.write('second', recorder.callback('second'));
        await recorder.until('close');
      },
    },
    { media: ['tcp', 'unix'] },
  ),

  ...scenarios(
    {
      'the peer resets an idle connection': async ({ socket, peer, recorder }) => {
        socket.resume();
        await peer.reset();
        await recorder.until('close');
      },

      'the peer resets a connection that nothing reads': async ({ peer, recorder }) => {
        await peer.reset();
        await recorder.until('close');
      },

      'the peer resets while writes are pending': async (stage) => {
        writeTooMuch(stage);
        await stage.peer.reset();
        await stage.recorder.until('close');
      },

      'the peer resets after data that has been read': async ({ socket, peer, recorder }) => {
        socket.resume();
        await peer.send('hello');
        await recorder.until('data');
        await peer.reset();
        await recorder.until('close');
      },
    },
    { media: ['tcp', 'tls'] },
  ),

  ...scenarios(
    {
      'it is reset and destroyed': async ({ socket, peer, recorder, medium }) => {
        recorder.attempt('resetAndDestroy', () => socket.resetAndDestroy());
        recorder.note('destroyed', socket.destroyed);
        if (medium !== 'tcp') return;
        await recorder.until('close');
        await peer.readAll();
      },
    },
    { descriptor: true },
  ),

  ...scenarios({
    'it is reset after destroy': async ({ socket, peer, recorder }) => {
      socket.destroy();
      recorder.attempt('resetAndDestroy', () => socket.resetAndDestroy());
      await recorder.until('close');
      await peer.readAll();
    },
  }),
];
