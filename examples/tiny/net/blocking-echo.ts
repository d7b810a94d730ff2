// An echo server with blocking sockets: accept a client, echo until it disconnects, accept the next one.
// Watch a second client wait for the first: the kernel has accepted it and received its data, but the program is blocked in recv.
// The code is easy to read because it does one thing at a time. That is also its flaw.

import type { Socket } from 'selectloop/sockets';

import { connect, serverOrClient } from '../../support/echo-command.js';
import { program } from '../../support/program.js';

/** How long the server waits for a client that neither sends nor reads. Meanwhile no other client is served. */
const SILENCE_MS = 60_000;

function echo(socket: Socket): void {
  socket.setTimeout(SILENCE_MS);
  for (let data; (data = socket.recv(65_536)).length > 0;) socket.sendAll(data);
}

function serve(listener: Socket): never {
  for (;;) {
    const { socket } = listener.accept();
    try {
      echo(socket);
    } catch (error) {
      console.log(`lost a client: ${(error as Error).message}`);
    } finally {
      socket.close();
    }
  }
}

/** Sends the messages one by one, and waits for the echo of each. */
function talk(port: number, messages: string[]): void {
  using socket = connect(port);
  for (const message of messages) {
    const sent = Buffer.from(`${message}\r\n`);
    socket.sendAll(sent);
    let echoed = '';
    while (Buffer.byteLength(echoed) < sent.length) echoed += String(socket.recv(1024));
    console.log(`sent "${message}", got "${echoed.trimEnd()}"`);
  }
}

await program(import.meta, serverOrClient(serve, talk));
