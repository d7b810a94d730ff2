// An echo server with a selector and callbacks: key.data holds what to call when a socket is ready. It answers LINES IN CAPITALS.
// Watch the reads: 8 bytes at a time, so that lines arrive in pieces, sometimes split between CR and LF.
// This is the shape of an event loop: wait, then call what is in key.data. Add timers and futures, and you have tiny.ts.

import { DefaultSelector, EVENT_READ, EVENT_WRITE, type Selector } from 'selectloop/selectors';
import type { Socket } from 'selectloop/sockets';

import { MAX_CLIENTS, connect, isExhausted, serverOrClient } from '../../support/echo-command.js';
import { program } from '../../support/program.js';

/** The type of key.data. */
type Callback = (events: number) => void;

const inCapitals = (word: string): string => word.toUpperCase(); // called for ASCII letters only; other bytes are unchanged

const READ_BYTES = 8;
const DELIMITER = '\r\n';
/** Backpressure: the server does not read from a client that has this many unsent bytes. */
const HIGH_WATER_BYTES = 65_536;

/** A client that sends more without a delimiter is disconnected, as it would fill the memory. */
const MAX_LINE_BYTES = 1024;

/** One connection, with the incomplete line received so far and the replies still to be sent. */
class Connection {
  private incoming = Buffer.alloc(0);
  private outgoing = Buffer.alloc(0);
  private ended = false;

  constructor(
    private readonly selector: Selector<Callback>,
    private readonly socket: Socket,
    private readonly onClose: () => void,
  ) {
    socket.setBlocking(false);
    selector.register(socket, EVENT_READ, (events) => this.ready(events));
  }

  private ready(events: number): void {
    try {
      if ((events & EVENT_READ) !== 0) this.receive();
      if (this.outgoing.length > 0) this.send();
      if (this.ended && this.outgoing.length === 0) this.close();
      else this.updateEvents();
    } catch (error) {
      console.log(`lost a client: ${(error as Error).message}`);
      this.close();
    }
  }

  private receive(): void {
    const data = this.socket.recv(READ_BYTES);
    this.incoming = Buffer.concat([this.incoming, data]);
    this.ended = data.length === 0;
    if (this.ended) this.answer(this.incoming.length); // the last line may lack its delimiter
    // Search the whole buffer, not just `data`: the delimiter may be split between two reads.
    for (let end; (end = this.incoming.indexOf(DELIMITER)) >= 0;) this.answer(end + DELIMITER.length);
    if (this.incoming.length > MAX_LINE_BYTES) throw new Error(`a line of more than ${MAX_LINE_BYTES} bytes`);
  }

  private answer(length: number): void {
    const line = this.incoming
      .subarray(0, length)
      .toString('latin1')
      .replace(/[a-z]+/g, inCapitals);
    this.incoming = this.incoming.subarray(length);
    this.outgoing = Buffer.concat([this.outgoing, Buffer.from(line, 'latin1')]);
  }

  /** Sends as much as fits into the socket's buffer, and keeps the rest. */
  private send(): void {
    try {
      this.outgoing = this.outgoing.subarray(this.socket.send(this.outgoing));
    } catch (error) {
      if ((error as { code?: string }).code !== 'EAGAIN') throw error;
    }
  }

  private updateEvents(): void {
    const read = !this.ended && this.outgoing.length < HIGH_WATER_BYTES ? EVENT_READ : 0;
    const write = this.outgoing.length > 0 ? EVENT_WRITE : 0;
    this.selector.modify(this.socket, read | write, (events) => this.ready(events));
  }

  private close(): void {
    this.selector.unregister(this.socket); // before closing: the next connection may get the same descriptor number
    this.socket.close();
    this.onClose();
  }
}

function serve(listener: Socket): never {
  const selector = new DefaultSelector<Callback>();
  let clients = 0;
  let most = MAX_CLIENTS;
  let watched = false;

  /** Watches the listener while there is room for a client. At the limit, further ones wait in the kernel's queue. */
  const update = (): void => {
    if (watched === clients < most) return;
    if (watched) selector.unregister(listener);
    else selector.register(listener, EVENT_READ, accept);
    watched = !watched;
  };
  const accept = (): void => {
    try {
      new Connection(selector, listener.accept().socket, () => {
        clients -= 1;
        update();
      });
      clients += 1;
    } catch (error) {
      if (!isExhausted(error)) throw error;
      most = Math.max(1, clients);
    }
    update();
  };

  listener.setBlocking(false);
  update();
  for (;;) for (const [key, events] of selector.select()) key.data(events);
}

/** Opens one connection for each message, all at the same time. Each sends, half-closes, and reads the reply to its end. */
function talk(port: number, messages: string[]): void {
  using selector = new DefaultSelector<Callback>();
  const answers: string[] = [];
  for (const message of messages) {
    const socket = connect(port);
    let echoed = '';
    const collect = (): void => {
      const data = socket.recv(READ_BYTES);
      echoed += data.toString('latin1');
      if (data.length > 0) return;
      answers.push(`sent "${message}", got "${echoed}"`);
      selector.unregister(socket);
      socket.close();
    };
    const send = (): void => {
      socket.sendAll(Buffer.from(message, 'latin1'));
      socket.shutdown('write');
      selector.modify(socket, EVENT_READ, collect);
    };
    selector.register(socket, EVENT_WRITE, send);
  }
  while (selector.getMap().size > 0) for (const [key, events] of selector.select()) key.data(events);
  console.log(answers.sort().join('\n'));
}

await program(import.meta, serverOrClient(serve, talk));
