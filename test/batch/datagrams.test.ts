/** Endpoints that exchange datagrams in batches do what those do that make a call for each, which is the specification. */

import {
  type Address,
  AF_INET,
  type DatagramProtocol,
  type DatagramTransport,
  Future,
  SOCK_DGRAM,
  Socket,
  type Steps,
  createDatagramEndpoint,
  newEventLoop,
  sleep,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { everyLoop } from '../support/every-loop.js';

const loopback = { host: '127.0.0.1', port: 0 };

/** What a scripted server does with a datagram; the default is to send it back. */
type Reaction = (server: Server, data: Buffer, address: Address) => void;

class Server implements DatagramProtocol {
  readonly log: string[] = [];
  readonly lost = new Future<void>();
  received = 0;
  transport!: DatagramTransport;

  constructor(private readonly reactions: Readonly<Record<string, Reaction>>) {}

  connectionMade(transport: unknown): void {
    this.transport = transport as DatagramTransport;
  }

  datagramReceived(data: Buffer, address: Address | null): void {
    const text = data.toString();
    this.received += 1;
    this.log.push(text);
    const reaction = this.reactions[text];
    if (reaction === undefined) this.transport.sendTo(data, address);
    else reaction(this, data, address!);
  }

  errorReceived(error: unknown): void {
    this.log.push(`error ${(error as { code: string }).code}`);
    this.transport.sendTo(Buffer.from('after error'), (this.client ??= null));
  }

  client: Address | null = null;

  connectionLost(error: unknown): void {
    this.log.push(`lost ${String(error)}`);
    this.lost.setResult();
  }
}

const answer =
  (text: string): Reaction =>
  ({ transport }, _, address) =>
    transport.sendTo(Buffer.from(text), address);

const scripts: Record<string, Readonly<Record<string, Reaction>>> = {
  echo: {},
  'several answers to one, and none to another': {
    '1': (server, data, address) => {
      for (const text of ['a', 'b', '', 'c']) answer(text)(server, data, address);
    },
    '2': () => undefined,
  },
  'an answer of the largest size': { '3': answer('x'.repeat(65_507)), '4': answer('y'.repeat(10_000)) },
  'answers that the kernel refuses': {
    '2': (server, _, address) => {
      server.client = address;
      server.transport.sendTo(Buffer.from('no'), { host: '255.255.255.255', port: 9 });
    },
    '3': (server, _, address) => {
      server.client = address;
      server.transport.sendTo(Buffer.alloc(70_000), address);
    },
  },
  'a protocol that throws': {
    '1': () => {
      throw new Error('expected');
    },
  },
  'close() in the middle': {
    '2': (server, data, address) => {
      answer('last')(server, data, address);
      server.transport.close();
      answer('too late')(server, data, address);
    },
  },
  'abort() in the middle': {
    '2': (server, data, address) => {
      answer('last')(server, data, address);
      server.transport.abort();
    },
  },
  'the size of unsent data, and the socket': {
    '1': (server, data, address) => {
      answer('first')(server, data, address);
      server.log.push(String(server.transport.getWriteBufferSize()));
      server.transport.getExtraInfo('socket')!.sendTo(Buffer.from('direct'), address);
      answer('second')(server, data, address);
    },
  },
};

/** The errors come last: a batch reports them when it has been sent. */
const errorsLast = (log: readonly string[]): string[] => [
  ...log.filter((line) => !line.startsWith('error')),
  ...log.filter((line) => line.startsWith('error')),
];

/** Sends six datagrams before the endpoint receives any. Returns what the server and the client have seen. */
function* exchange(script: Readonly<Record<string, Reaction>>): Steps<{ server: string[]; client: string[] }> {
  using client = new Socket(AF_INET, SOCK_DGRAM);
  client.bind(loopback);
  client.setBlocking(false);
  const { transport, protocol } = yield* createDatagramEndpoint(() => new Server(script), { localAddress: loopback });
  const address = transport.getExtraInfo('sockname')!;
  for (const text of ['1', '2', '3', '4', '', '6']) client.sendTo(Buffer.from(text), address);
  while (protocol.received < 6 && !transport.isClosing()) yield* sleep(1);
  if (!transport.isClosing()) transport.close();
  yield* protocol.lost;
  const answers: string[] = [];
  for (let received; typeof (received = client.recvEx(65_536)) !== 'number';)
    answers.push(`${received.length} bytes: ${String(received.subarray(0, 10))}`);
  return { server: errorsLast(protocol.log), client: answers };
}

describe.each(everyLoop)('datagrams in batches ($name)', ({ selector, runOn }) => {
  it.each(Object.entries(scripts))('give the same as one call for each: %s', async (name, script) => {
    const seen = [];
    for (const batched of [true, false]) {
      const loop = newEventLoop({ selector });
      if (!batched) loop._batch = null;
      loop.setExceptionHandler(() => undefined); // of the protocol that throws
      seen.push(await runOn(loop, () => exchange(script)));
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]!.server.length).toBeGreaterThan(name.includes('in the middle') ? 2 : 6);
  });
});
