/** Chat: members get the lines of each author in order and without a gap, for as long as both are there. */

import { type Steps, openConnection, sleep, timeout } from 'selectloop';
import type { World } from 'selectloop/simulation';

import { startChat } from '../../../examples/servers/chat.js';
import { OPTIONS, type Scenario, serving, trouble, untilDone, whenAllEnded } from './scenario.js';

const LINES = 8;
/** How long a member listens after its last line. */
const LISTENS_MS = 3000;

/** Checks the lines that one member gets. */
class Listener {
  private readonly last = new Map<string, number>();

  hear(line: string): void {
    const [, author, number] = /^(\w+): (\d+)\n$/.exec(line) ?? [];
    if (author === undefined) {
      if (!/^\* \w+ (is here|has left)|^your name\?\n$/.test(line))
        throw new Error(`unexpected line ${JSON.stringify(line)}`);
      return;
    }
    const before = this.last.get(author);
    if (before !== undefined && Number(number) !== before + 1) {
      throw new Error(`expected line ${before + 1} of ${author}, got ${number!}`);
    }
    this.last.set(author, Number(number));
  }
}

/** Joins with a name, says some lines, and listens for a while, or until the server closes the connection. */
function* join(world: World, host: string, name: string): Steps<true> {
  const { reader, writer } = yield* openConnection(host, 7008);
  const listener = new Listener();
  try {
    writer.write(Buffer.from(`${name}\n`));
    for (let line = 1; line <= LINES; line += 1) {
      writer.write(Buffer.from(`${line}\n`));
      if (world.random() < 0.5) yield* sleep(world.random() * 100);
    }
    const listen = function* (): Steps<void> {
      for (;;) {
        const line = String(yield* reader.readline());
        if (line === '') break;
        // The last line may be cut off by the end of the connection.
        if (line.endsWith('\n')) listener.hear(line);
      }
    };
    yield* timeout(LISTENS_MS, listen);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ETIMEDOUT') throw error;
  } finally {
    writer.close();
  }
  return true;
}

export const chat: Scenario = {
  options: OPTIONS,
  build(world) {
    let names = 0;
    const server = world.host(
      'server',
      serving(() => startChat({ host: '0.0.0.0', port: 7008 })),
    );
    const members = [1, 2, 3].map((number) =>
      world.host(`member ${number}`, () => untilDone(() => join(world, server.address, `m${(names += 1)}`))),
    );
    trouble(world, ['server', 'member 1', 'member 2', 'member 3']);
    return whenAllEnded(world, members);
  },
};
