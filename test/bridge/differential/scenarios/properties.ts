/** The properties and options of a socket, and timeouts. */

import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';

import { type Stage, scenarios } from '../runner.js';

const ALL_TIMEOUTS = [
  0,
  1,
  1.5,
  1e6,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 40,
  -1,
  NaN,
  Infinity,
  -Infinity,
  '10',
  null,
  undefined,
];

/** The same for all connections of a medium: ports become the words that name them. */
function noteAddresses({ socket, peer, recorder }: Stage): void {
  const port = (value: unknown): unknown => {
    if (value === undefined) return undefined;
    if (value === peer.socket.remotePort) return "the peer's remote port";
    return value === peer.socket.localPort ? "the peer's local port" : 'another port';
  };
  const { address, family, port: own } = socket.address() as net.AddressInfo;
  recorder.note('address()', address, family, port(own));
  recorder.note('local', socket.localAddress, socket.localFamily, port(socket.localPort));
  recorder.note('remote', socket.remoteAddress, socket.remoteFamily, port(socket.remotePort));
}

function noteState({ socket, recorder }: Stage, when: string): void {
  const { readyState, pending, connecting, destroyed, closed, writable, readable } = socket;
  recorder.note(when, readyState, pending, connecting, destroyed, closed, writable, readable);
}

export const properties = [
  ...scenarios({
    'its state is asked for through its life, the peer ending first': async (stage) => {
      const { socket, peer, recorder } = stage;
      socket.allowHalfOpen = true;
      socket.resume();
      noteState(stage, 'open');
      await peer.end();
      await recorder.until('end');
      noteState(stage, "after the peer's end");
      socket.end();
      noteState(stage, 'after end()');
      await recorder.until('finish');
      noteState(stage, 'after finish');
      await recorder.until('close');
      noteState(stage, 'after close');
    },

    'its state is asked for through its life, ending first': async (stage) => {
      const { socket, peer, recorder } = stage;
      socket.resume();
      socket.end();
      noteState(stage, 'after end()');
      await recorder.until('finish');
      noteState(stage, 'after finish');
      socket.once('end', () => noteState(stage, "at the peer's end"));
      await peer.end();
      await recorder.until('close');
      noteState(stage, 'after close');
    },

    'its addresses are asked for': async (stage) => {
      noteAddresses(stage);
      stage.socket.destroy();
      noteAddresses(stage);
      await stage.recorder.until('close');
      noteAddresses(stage);
    },

    'options of the connection are set': async ({ socket, recorder }) => {
      const call = (method: 'setNoDelay' | 'setKeepAlive', ...args: unknown[]): void => {
        recorder.attempt(`${method}(${args.join()})`, () =>
          (socket[method] as (...args: unknown[]) => unknown)(...args),
        );
      };
      for (const value of [undefined, true, false, 0, 'yes', null]) call('setNoDelay', value);
      for (const value of [undefined, true, false, 1, 'no', null]) call('setKeepAlive', value);
      for (const delay of [0, 999, 1000, 60_000, -1, NaN, '5000', null, undefined, {}])
        call('setKeepAlive', true, delay);
    },

    'it is referenced and unreferenced': async ({ socket, recorder }) => {
      recorder.attempt('unref', () => socket.unref());
      recorder.attempt('ref', () => socket.ref());
      recorder.attempt('ref', () => socket.ref());
    },

    'its settings are asked for': async ({ socket, recorder }) => {
      recorder.note('marks', socket.readableHighWaterMark, socket.writableHighWaterMark);
      recorder.note('modes', socket.readableObjectMode, socket.writableObjectMode, socket.readableEncoding);
      recorder.note('server', (socket as { server?: unknown }).server ?? null);
      recorder.note('errored', socket.errored, socket.readableAborted);
    },

    'setTimeout is given every sort of value': async ({ socket, recorder }) => {
      const setTimeout = socket.setTimeout.bind(socket) as (...args: unknown[]) => unknown;
      const { emitWarning } = process;
      process.emitWarning = (...args: unknown[]) => recorder.note('warning', ...args);
      try {
        for (const value of ALL_TIMEOUTS) {
          recorder.attempt(`setTimeout(${value})`, () => setTimeout(value));
          recorder.note('timeout', socket.timeout);
        }
        recorder.attempt('setTimeout with a wrong callback', () => setTimeout(1000, 'callback'));
        recorder.attempt('setTimeout with a wrong callback', () => setTimeout(0, 'callback'));
      } finally {
        process.emitWarning = emitWarning;
      }
      setTimeout(0);
    },

    'it times out': async ({ socket, peer, recorder }) => {
      recorder.attempt('setTimeout', () => socket.setTimeout(5));
      await recorder.until('timeout');
      recorder.note('destroyed', socket.destroyed);
      socket.write('still open');
      await peer.read(10);
      await recorder.until('timeout', 2);
      socket.setTimeout(0);
    },

    'it times out and has a callback': async ({ socket, recorder }) => {
      socket.setTimeout(5, recorder.callback('timeout'));
      await recorder.until('timeout');
      recorder.note('listeners', socket.listenerCount('timeout'));
    },

    'setTimeout(0) takes the callback back': async ({ socket, recorder }) => {
      const callback = recorder.callback('timeout');
      socket.setTimeout(1_000_000, callback);
      recorder.note('listeners', socket.listenerCount('timeout'));
      socket.setTimeout(0, callback);
      recorder.note('listeners', socket.listenerCount('timeout'));
      socket.emit('timeout');
    },

    'it is destroyed before it times out': async ({ socket, recorder }) => {
      socket.setTimeout(5);
      socket.destroy();
      await recorder.until('close');
      await new Promise((resolve) => setTimeout(resolve, 15));
    },
  }),

  ...scenarios(
    {
      // Node runs timers in the order of their deadlines, however late they run.
      'what it receives puts the timeout off': async ({ socket, peer, recorder, patience }) => {
        socket.setTimeout(50 * patience);
        await new Promise((resolve) => setTimeout(resolve, 30 * patience));
        socket.once('data', () => setTimeout(recorder.callback('timer'), 45 * patience));
        await peer.send('progress');
        await recorder.until('timeout');
      },

      'what it sends puts the timeout off': async ({ socket, peer, recorder, patience }) => {
        socket.setTimeout(50 * patience);
        await new Promise((resolve) => setTimeout(resolve, 30 * patience));
        setTimeout(recorder.callback('timer'), 45 * patience);
        socket.write('progress');
        await recorder.until('timeout');
        await peer.read(8);
      },
    },
    { timed: true },
  ),

  ...scenarios(
    {
      'its class is asked for': async ({ socket, recorder }) => {
        recorder.note('socket', socket instanceof net.Socket, socket instanceof Duplex);
        recorder.note('TLS', socket instanceof tls.TLSSocket, 'encrypted' in socket);
      },
    },
    { descriptor: true },
  ),

  ...scenarios(
    {
      'it is asked about TLS': async ({ socket, recorder }) => {
        if (!(socket instanceof tls.TLSSocket)) throw new TypeError('expected a TLSSocket');
        const secure = socket;
        recorder.note('encrypted', secure.encrypted, secure.authorized, secure.authorizationError);
        recorder.note('protocol', secure.getProtocol(), secure.alpnProtocol, secure.isSessionReused());
        recorder.note('cipher', secure.getCipher());
        recorder.note('name', (secure as { servername?: unknown }).servername);
        recorder.note('certificate', secure.getPeerCertificate().subject.CN);
        recorder.note('issuer', secure.getPeerX509Certificate()?.issuer);
        recorder.note('own certificate', secure.getCertificate());
        recorder.note('key', secure.getEphemeralKeyInfo());
        recorder.note('finished', secure.getFinished()?.length, secure.getPeerFinished()?.length);
        recorder.note('material', secure.exportKeyingMaterial(16, 'label', Buffer.alloc(0)).length);
        recorder.attempt('setMaxSendFragment', () => secure.setMaxSendFragment(1024));
        recorder.attempt('renegotiate', () => secure.renegotiate({}, recorder.callback('renegotiate')));
      },
    },
    { media: ['tls'], descriptor: true },
  ),
];
