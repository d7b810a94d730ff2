// A chat room: every line is sent to all other members.
// Each member has a bounded queue and a task that writes its lines to the connection, so that no member waits for another.
// Watch what happens to a member who does not read: its queue fills, and the server disconnects it instead of filling the memory.

import {
  type Coroutine,
  LimitOverrunError,
  OSError,
  Queue,
  type Server,
  type Steps,
  type StreamReader,
  type StreamWriter,
  TimeoutError,
  createTask,
  startServer,
  waitFor,
} from 'selectloop';

import { program } from '../support/program.js';
import { type Endpoint, MAX_CLIENTS, endpointOf, serveUntilInterrupted } from './serving.js';

/** How many lines a member may lag behind before it is disconnected. With the limits below, that is at most 4 MB. */
const QUEUE_LINES = 1000;
const LINE_BYTES = 4096;
const NAME_CHARACTERS = 40;
/** How long a new connection may take to say its name. */
const NAME_MS = 60_000;

const EXPECTED = [OSError, LimitOverrunError, RangeError, TimeoutError];

interface Member {
  readonly name: string;
  readonly lines: Queue<string>;
  readonly writer: StreamWriter;
}

class Room {
  private readonly members = new Map<string, Member>();

  /** Serves one connection: reads a name, then lines until EOF. */
  *serve(reader: StreamReader, writer: StreamWriter): Steps<void> {
    try {
      writer.write(Buffer.from('your name?\n'));
      const name = textOf(yield* waitFor(reader.readline(), NAME_MS)).slice(0, NAME_CHARACTERS);
      if (name === '' || this.members.has(name)) writer.write(Buffer.from('that name is empty or taken\n'));
      else yield* this.listenTo({ name, lines: new Queue(QUEUE_LINES), writer }, reader);
    } catch (error) {
      // The connection was lost, a line is too long, or the name did not come.
      if (!EXPECTED.some((kind) => error instanceof kind)) throw error;
    } finally {
      writer.close();
    }
  }

  private *listenTo(member: Member, reader: StreamReader): Steps<void> {
    const sender = createTask(() => send(member));
    this.members.set(member.name, member);
    try {
      this.say(null, `* ${member.name} is here (${[...this.members.keys()].join(', ')})`);
      for (;;) {
        const line = yield* reader.readline();
        if (line.length === 0) break;
        this.say(member, `${member.name}: ${textOf(line)}`);
      }
    } finally {
      this.members.delete(member.name);
      sender.cancel();
      this.say(null, `* ${member.name} has left`);
    }
  }

  /** Queues a line for all members except its author. */
  private say(author: Member | null, line: string): void {
    for (const member of this.members.values()) {
      if (member === author) continue;
      if (member.lines.full()) member.writer.transport.abort();
      else member.lines.putNowait(line);
    }
  }
}

function* send({ lines, writer }: Member): Steps<void> {
  try {
    for (;;) {
      writer.write(Buffer.from(`${yield* lines.get()}\n`));
      yield* writer.drain();
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error; // the task that reads from this member handles the lost connection
  }
}

/** Decodes a line. Control characters could rewrite the terminals of the other members, so they are left out. */
function textOf(line: Buffer): string {
  return line
    .toString('utf8')
    .replace(/\p{Cc}/gu, '')
    .trim();
}

export function startChat({ host, port }: Endpoint): Coroutine<Server> {
  const room = new Room();
  const limits = { limit: LINE_BYTES, maxConnections: MAX_CLIENTS };
  return startServer((reader, writer) => room.serve(reader, writer), host, port, limits);
}

await program(import.meta, (args) => serveUntilInterrupted('chat', () => startChat(endpointOf(args, 7008))));
