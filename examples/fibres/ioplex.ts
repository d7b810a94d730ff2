// Many connections, one server coroutine each: connect(), send(id, data) -> a reply or null, close(id).
// Watch connections 1 and 2 alternate in the middle of lines: what each has sent so far is in a variable of its coroutine.
// There is no table of states: the position of each coroutine in its code is its state.

import { program } from '../support/program.js';

/** Yields replies, or null for "no reply yet"; `next()` passes in what the connection sends. */
type Server = Generator<string | null, void, string>;

export class Ioplex {
  private readonly servers = new Map<number, Server>();
  private lastId = 0;

  constructor(private readonly serve: (id: number) => Server) {}

  connect(): number {
    const id = (this.lastId += 1);
    const server = this.serve(id);
    if (server.next().done !== true) this.servers.set(id, server); // now at its first yield, ready to receive data
    return id;
  }

  /** Sends data, and returns the server's reply or null. A server that returns or throws closes its connection. */
  send(id: number, data: string): string | null {
    const server = this.serverOf(id);
    this.servers.delete(id); // added again below, unless the server returns or throws
    const { done, value } = server.next(data);
    if (done === true) return null;
    this.servers.set(id, server);
    return value;
  }

  /** Closes a connection. The server's `finally` blocks run. */
  close(id: number): void {
    this.serverOf(id).return();
    this.servers.delete(id);
  }

  private serverOf(id: number): Server {
    const server = this.servers.get(id);
    if (server === undefined) throw new RangeError(`there is no connection ${id}`);
    return server;
  }
}

/** Collects lines and replies in capitals. The line "bye" ends the connection. */
export function* shout(id: number): Server {
  let text = '';
  let reply: string | null = null;
  console.log(`  server ${id} opens`);
  try {
    for (;;) {
      text += yield reply;
      const lines = text.split('\n');
      text = lines.pop()!;
      if (lines.includes('bye')) return;
      reply = lines.length === 0 ? null : lines.join(' ').toUpperCase();
    }
  } finally {
    console.log(`  server ${id} closes`);
  }
}

export function main(): void {
  const ioplex = new Ioplex(shout);
  const say = (id: number, data: string): void => {
    console.log(`${id} sends ${JSON.stringify(data)}: ${JSON.stringify(ioplex.send(id, data))}`);
  };
  const [one, two] = [ioplex.connect(), ioplex.connect()];
  say(one, 'good mor');
  say(two, 'is any');
  say(one, 'ning\nand ');
  say(two, 'body there?\n');
  ioplex.close(one);
  say(two, 'bye\n');
  try {
    say(two, 'one more thing\n');
  } catch (error) {
    console.log(String(error));
  }
}

await program(import.meta, main);
