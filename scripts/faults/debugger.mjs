/** A debugger that pauses a process once, through the inspector protocol on a WebSocket (RFC 6455). */

import { randomBytes } from 'node:crypto';
import { request } from 'node:http';

// The opcodes of a whole message.
const TEXT = 0x81;
const CLOSE = 0x88;
const MASKED = 0x80;
const LONG_LENGTH = 126;

/** A frame of at most 125 bytes; those of a client are masked. */
function frameOf(opcode, text) {
  const data = Buffer.from(text);
  const mask = randomBytes(4);
  for (let i = 0; i < data.length; i += 1) data[i] ^= mask[i % 4];
  return Buffer.concat([Buffer.from([opcode, MASKED | data.length]), mask, data]);
}

/** The texts of the complete frames in `bytes`, and the rest. */
function framesIn(bytes) {
  const texts = [];
  for (;;) {
    if (bytes.length < 2) return { texts, rest: bytes };
    let [length, start] = [bytes[1], 2];
    if (length === LONG_LENGTH) [length, start] = [bytes.length < 4 ? Infinity : bytes.readUInt16BE(2), 4];
    else if (length > LONG_LENGTH)
      [length, start] = [bytes.length < 10 ? Infinity : Number(bytes.readBigUInt64BE(2)), 10];
    if (bytes.length < start + length) return { texts, rest: bytes };
    if (bytes[0] === TEXT) texts.push(bytes.toString('utf8', start, start + length));
    bytes = bytes.subarray(start + length);
  }
}

/** Pauses the process behind the inspector's `url` for `pauseMs`. Resolves once the debugger is detached. */
export function pauseAt(url, pauseMs) {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
  };
  return new Promise((resolve, reject) => {
    request(url.replace(/^ws:/, 'http:'), { headers })
      .on('error', reject)
      .on('upgrade', (_, socket) => {
        let received = Buffer.alloc(0);
        const send = (id, method) => socket.write(frameOf(TEXT, JSON.stringify({ id, method })));
        const answer = ({ id, method }) => {
          if (method === 'Debugger.paused') setTimeout(() => send(3, 'Debugger.resume'), pauseMs);
          else if (id === 3) send(4, 'Debugger.disable');
          else if (id === 4) socket.end(frameOf(CLOSE, '')); // Node crashes if it writes to a socket that has just ended without this
        };
        socket
          .on('error', reject)
          .on('close', resolve)
          .on('data', (data) => {
            const { texts, rest } = framesIn(Buffer.concat([received, data]));
            received = rest;
            for (const text of texts) answer(JSON.parse(text));
          });
        send(1, 'Debugger.enable');
        send(2, 'Debugger.pause');
      })
      .end();
  });
}
