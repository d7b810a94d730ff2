// An echo server with blocking sockets: accept, receive, send, until the client has ended; then the next client.
// Watch a second client wait for the first to go: the kernel has accepted it, and its bytes are there, but nobody looks.
// The whole program is where it stands in the code. That is easy to read, and it is all that is wrong with it.

import type { Socket } from 'selectloop/sockets';

import { connect, serverOrClient } from '../../support/echo-command.js';
import { program } from '../../support/program.js';

function echo(socket: Socket): void {
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

/** Sends a message and waits for its echo, then the next one. */
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
