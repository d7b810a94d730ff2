// The same on the library: each server is a task with a queue, and each message carries a future for its reply.
// Watch: the output is that of ioplex.ts, although send() now waits, so that the server may wait for other things itself.
// Two things are new: several tasks may send to one connection concurrently, and when a server fails, its senders get the error.

import { Future, Queue, type Steps, type Task, createTask, run, wait } from 'selectloop';

import { program } from '../support/program.js';

interface Message {
  readonly data: string;
  readonly reply: Future<string | null>;
}

type Serve = (id: number, inbox: Queue<Message>) => Steps<void>;

export class Ioplex {
  private readonly servers = new Map<number, { inbox: Queue<Message>; task: Task<void> }>();
  private lastId = 0;

  constructor(private readonly serve: Serve) {}

  connect(): number {
    const id = (this.lastId += 1);
    const inbox = new Queue<Message>();
    const task = createTask(this.serve(id, inbox), { eagerStart: true });
    task.addDoneCallback(() => this.servers.delete(id));
    this.servers.set(id, { inbox, task });
    return id;
  }

  /** Sends data, and returns the server's reply or null. A server that ends closes its connection; an error of it is thrown here. */
  *send(id: number, data: string): Steps<string | null> {
    const { inbox, task } = this.serverOf(id);
    const reply = new Future<string | null>();
    inbox.putNowait({ data, reply });
    yield* wait([reply, task], { returnWhen: 'FIRST_COMPLETED' });
    if (reply.done()) return reply.result();
    task.result(); // throws the server's error
    return null;
  }

  /** Closes a connection, after the server's `finally` blocks have run. */
  *close(id: number): Steps<void> {
    const { task } = this.serverOf(id);
    task.cancel();
    yield* wait([task]);
  }

  private serverOf(id: number): { inbox: Queue<Message>; task: Task<void> } {
    const server = this.servers.get(id);
    if (server === undefined) throw new RangeError(`there is no connection ${id}`);
    return server;
  }
}

/** Collects lines and replies in capitals. The line "bye" ends the connection. */
export function* shout(id: number, inbox: Queue<Message>): Steps<void> {
  let text = '';
  console.log(`  server ${id} opens`);
  try {
    for (;;) {
      const { data, reply } = yield* inbox.get();
      text += data;
      const lines = text.split('\n');
      text = lines.pop()!;
      if (lines.includes('bye')) return;
      const answer = lines.length === 0 ? null : lines.join(' ').toUpperCase();
      if (!reply.done()) reply.setResult(answer); // it is done if the sender was cancelled
    }
  } finally {
    console.log(`  server ${id} closes`);
  }
}

export function* main(): Steps<void> {
  const ioplex = new Ioplex(shout);
  function* say(id: number, data: string): Steps<void> {
    const reply = yield* ioplex.send(id, data);
    console.log(`${id} sends ${JSON.stringify(data)}: ${JSON.stringify(reply)}`);
  }
  const [one, two] = [ioplex.connect(), ioplex.connect()];
  yield* say(one, 'good mor');
  yield* say(two, 'is any');
  yield* say(one, 'ning\nand ');
  yield* say(two, 'body there?\n');
  yield* ioplex.close(one);
  yield* say(two, 'bye\n');
  try {
    yield* say(two, 'one more thing\n');
  } catch (error) {
    console.log(String(error));
  }
}

await program(import.meta, () => run(main));
