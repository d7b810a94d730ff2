/** UDP echo with Node's own node:dgram. */

import { createSocket } from 'node:dgram';

const socket = createSocket('udp4', (data, { port, address }) => socket.send(data, port, address));

socket.bind(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: socket.address().port })}\n`);
});
