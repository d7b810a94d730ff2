// An echo server for many clients, with select(readers, writers, timeout) and a list of sockets. No callbacks.
// Watch several clients: the program blocks in one place only, and waits there for all of them.
// The lists are rebuilt for each call, and the kernel scans them each time. epoll exists to avoid both.

import type { Socket } from 'selectloop/sockets';

import { MAX_CLIENTS, connect, isExhausted, serverOrClient } from '../../support/echo-command.js';
import { program } from '../../support/program.js';
import { select } from './select.js';

/** Backpressure: the server does not read from a client that has this many unsent bytes. */
const HIGH_WATER_BYTES = 65_536;

interface Client {
  unsent: Buffer;
  /** The client has finished sending (EOF). The connection is closed once `unsent` is empty. */
  ended: boolean;
}

function serve(listener: Socket): never {
  const clients = new Map<Socket, Client>();
  let most = MAX_CLIENTS;
  listener.setBlocking(false);
  for (;;) {
    const listeners = clients.size < most ? [listener] : [];
    const readers = [...clients].filter(([, { unsent, ended }]) => !ended && unsent.length < HIGH_WATER_BYTES);
    const writers = [...clients].filter(([, { unsent }]) => unsent.length > 0);
    const [readable, writable] = select([...listeners, ...readers.map(first)], writers.map(first), null);
    for (const socket of readable) {
      if (socket !== listener) withClient(socket, clients, receive);
      else if (!accept(listener, clients)) most = Math.max(1, clients.size); // until one disconnects
    }
    for (const socket of writable) withClient(socket, clients, send);
  }
}

const first = ([socket]: [Socket, Client]): Socket => socket;

/** Accepts a client. Returns false if there is no descriptor left. */
function accept(listener: Socket, clients: Map<Socket, Client>): boolean {
  try {
    const { socket } = listener.accept();
    socket.setBlocking(false);
    clients.set(socket, { unsent: Buffer.alloc(0), ended: false });
    return true;
  } catch (error) {
    if (isExhausted(error)) return false;
    throw error;
  }
}

/** Runs `act` for a client that is still connected. Closes the connection after an error, or when everything has been echoed. */
function withClient(socket: Socket, clients: Map<Socket, Client>, act: (socket: Socket, client: Client) => void): void {
  const client = clients.get(socket);
  if (client === undefined) return; // closed earlier in this iteration
  try {
    act(socket, client);
    if (!client.ended || client.unsent.length > 0) return;
  } catch (error) {
    console.log(`lost a client: ${(error as Error).message}`);
  }
  clients.delete(socket);
  socket.close();
}

function receive(socket: Socket, client: Client): void {
  const data = socket.recv(16_384);
  client.ended = data.length === 0;
  client.unsent = Buffer.concat([client.unsent, data]);
}

/** Sends as much as fits into the socket's buffer, and keeps the rest. */
function send(socket: Socket, client: Client): void {
  client.unsent = client.unsent.subarray(socket.send(client.unsent));
}

/** Opens one connection for each message, all at the same time. The echoes may arrive in any order. */
function talk(port: number, messages: string[]): void {
  const waiting = new Map<Socket, { message: string; echoed: string }>();
  for (const message of messages) {
    const socket = connect(port);
    socket.sendAll(Buffer.from(message));
    socket.shutdown('write');
    waiting.set(socket, { message, echoed: '' });
  }
  const answers: string[] = [];
  while (waiting.size > 0) {
    const [readable] = select(waiting.keys(), [], 5000);
    if (readable.length === 0) throw new Error('no reply within five seconds');
    for (const socket of readable) {
      const talk = waiting.get(socket)!;
      const data = socket.recv(1024);
      talk.echoed += String(data);
      if (data.length > 0) continue;
      answers.push(`sent "${talk.message}", got "${talk.echoed}"`);
      waiting.delete(socket);
      socket.close();
    }
  }
  console.log(answers.sort().join('\n'));
}

await program(import.meta, serverOrClient(serve, talk));
