/** `toDuplex` without a socket to hand over (memory pairs, the two pipes of a child), and every kind of connection when its loop closes. */

import { type Process, createSubprocess, getRunningLoop, newEventLoop, run } from 'selectloop';
import { type SocketDuplex, toDuplex } from 'selectloop/node';
import { memoryPair } from 'selectloop/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { hostedLoops } from '../../support/every-loop.js';
import {
  type Connect,
  PeerServer,
  connectStreams,
  connectTransport,
  connectUserStreams,
  connectUserTransport,
  openTransport,
} from './openers.js';
import { Recorder } from './recorder.js';
import { UserTransport } from './user-transport.js';

function inMemory(): [SocketDuplex, SocketDuplex] {
  const [left, right] = memoryPair();
  return [toDuplex(left.reader, left.writer), toDuplex(right.reader, right.writer)];
}

async function ofChild(program: string, ...args: string[]): Promise<{ child: Process; duplex: SocketDuplex }> {
  const child = await createSubprocess(program, args, { stdin: 'pipe', stdout: 'pipe' });
  return { child, duplex: toDuplex(child.stdout!, child.stdin!) };
}

/** A write of this size waits until the other end reads, on every kind of connection. */
const MORE_THAN_IS_HELD = 6_000_000;

/** A stream in the form that the recorder accepts. */
function recorded(duplex: SocketDuplex): Recorder {
  return new Recorder(duplex);
}

describe.each(hostedLoops)('toDuplex without a socket ($name)', ({ selector }) => {
  const loopFactory = () => newEventLoop({ selector });
  let server: PeerServer;
  beforeAll(async () => {
    server = await PeerServer.listen('tcp');
  });
  afterAll(() => server.close());

  /** The children that neither read nor end. */
  const sleeping: number[] = [];
  afterEach(() => {
    for (const pid of sleeping.splice(0)) process.kill(pid);
  });
  const ofSleepingChild = async (): Promise<SocketDuplex> => {
    const { child, duplex } = await ofChild('sleep', '60');
    sleeping.push(child.pid);
    return duplex;
  };

  const throughServer = (connect: Connect) => async () => (await server.join(connect)).socket;
  const kinds: ReadonlyArray<{ kind: string; open: () => Promise<SocketDuplex> }> = [
    { kind: 'a transport', open: throughServer(connectTransport) },
    { kind: 'a reader and a writer', open: throughServer(connectStreams) },
    { kind: 'a transport of the program', open: throughServer(connectUserTransport) },
    { kind: 'a reader and a writer over such a transport', open: throughServer(connectUserStreams) },
    { kind: 'memory', open: async () => inMemory()[0] },
    { kind: 'two pipes', open: ofSleepingChild },
  ];

  describe.each(kinds)('the end of the loop and $kind', ({ open }) => {
    it.each([
      { listener: true, doing: 'and has a listener for errors' },
      { listener: false, doing: 'and has none' },
    ])('destroys an idle duplex $doing', async ({ listener }) => {
      const { recorder, duplex } = await run(
        async () => {
          const made = await open();
          if (listener) made.on('error', () => undefined);
          return { recorder: recorded(made), duplex: made };
        },
        { loopFactory },
      );
      await recorder.until('close');
      expect(recorder.log()).toEqual([`'close' false`]);
      expect(duplex).toMatchObject({ destroyed: true, errored: null });
    });

    it.each([true, false])('ends its reads and writes (with a listener for errors: %s)', async (listener) => {
      const recorder = await run(
        async () => {
          const duplex = await open();
          const record = recorded(duplex);
          if (listener) duplex.on('error', () => undefined);
          duplex.resume();
          duplex.write(Buffer.alloc(MORE_THAN_IS_HELD), record.callback('write'));
          duplex.write('behind it', record.callback('second'));
          await record.until('resume');
          return record;
        },
        { loopFactory },
      );
      await recorder.until('close');
      expect(recorder.log()).toEqual([
        `'resume'`,
        'write called back null',
        'second called back <Error ERR_STREAM_DESTROYED: Cannot call write after a stream was destroyed>',
        `'close' false`,
      ]);
    });
  });
});

describe.each(hostedLoops)('a connection in memory ($name)', ({ selector }) => {
  const loopFactory = () => newEventLoop({ selector });

  it('ends its own side after the other one, and closes', () =>
    run(
      async () => {
        const [left, right] = inMemory();
        const recorder = recorded(left.resume());
        right.end('last words');
        right.resume();
        await recorder.until('close');
        expect(recorder.log()).toEqual([
          `'resume'`,
          `'data' bytes "last words"`,
          `'end'`,
          `'prefinish'`,
          `'finish'`,
          `'close' false`,
        ]);
      },
      { loopFactory },
    ));

  it('keeps unread bytes after both ends have ended', () =>
    run(
      async () => {
        const [left, right] = inMemory();
        const recorder = recorded(left.pause());
        left.end();
        right.end('unread');
        right.resume();
        await recorder.until('finish');
        await new Promise((resolve) => setTimeout(resolve, 5));
        left.resume();
        await recorder.until('close');
        expect(recorder.log().slice(-4)).toEqual([`'resume'`, `'data' bytes "unread"`, `'end'`, `'close' false`]);
      },
      { loopFactory },
    ));
});

/** A transport whose unsent size decreases with each call, and then stays the same. */
class SlowTransport extends UserTransport {
  readonly sizes = [0, 100, 80, 60];

  override write(): void {
    this.getProtocol().pauseWriting?.();
  }

  override getWriteBufferSize(): number {
    return this.sizes.length > 1 ? this.sizes.shift()! : this.sizes[0]!;
  }
}

describe.each(hostedLoops)('a transport of the program ($name)', ({ selector }) => {
  it('times out when a write makes no more progress', async () => {
    const server = await PeerServer.listen('tcp');
    await run(
      async () => {
        const transport = new SlowTransport({});
        const { socket } = await server.join(async () => {
          await openTransport(server, transport);
          return toDuplex(transport);
        });
        const recorder = recorded(socket);
        socket.write('slow');
        socket.setTimeout(5);
        await recorder.until('timeout');
        expect(transport.sizes).toEqual([60]);
      },
      { loopFactory: () => newEventLoop({ selector }) },
    );
    await server.close();
  });
});

describe.each(hostedLoops)('the two pipes of a child ($name)', ({ selector }) => {
  const loopFactory = () => newEventLoop({ selector });

  it('echo what is written, and close after end()', () =>
    run(
      async () => {
        const { child, duplex } = await ofChild('cat');
        const recorder = recorded(duplex.resume());
        duplex.end('there and back', recorder.callback('end'));
        await recorder.until('close');
        await child.wait();
        expect(recorder.log()).toEqual([
          `'resume'`,
          `'prefinish'`,
          'end called back null',
          `'finish'`,
          `'data' bytes "there and back"`,
          `'end'`,
          `'close' false`,
        ]);
      },
      { loopFactory },
    ));

  it.each(['idle', 'busy'])('are both closed by destroy() (%s)', (what) =>
    run(
      async () => {
        const { child, duplex } = await (what === 'idle' ? ofChild('cat') : ofChild('yes'));
        const recorder = recorded(duplex);
        if (what === 'busy') {
          duplex.resume();
          duplex.write(Buffer.alloc(MORE_THAN_IS_HELD));
          await recorder.until('data');
        }
        duplex.destroy();
        await recorder.until('close');
        await child.wait(); // `cat` reads the end, `yes` gets SIGPIPE
        expect(recorder.log().at(-1)).toBe(`'close' false`);
        expect(getRunningLoop().statistics()).toMatchObject({ readers: 0, writers: 0 });
      },
      { loopFactory },
    ),
  );

  it('can still be read after the child has closed its input', () =>
    run(
      async () => {
        const { child, duplex } = await ofChild('sh', '-c', 'exec 0<&-; echo closed; sleep 0.05; echo more');
        const recorder = recorded(duplex.resume());
        await recorder.until('close');
        await child.wait();
        expect(recorder.log()).toEqual([
          `'resume'`,
          `'data' bytes "closed\\nmore\\n"`,
          `'end'`,
          `'prefinish'`,
          `'finish'`,
          `'close' false`,
        ]);
      },
      { loopFactory },
    ));

  it('fail with EPIPE when the child has closed its input and is written to', () =>
    run(
      async () => {
        const { child, duplex } = await ofChild('sh', '-c', 'exec 0<&-; echo closed; exec sleep 60');
        const recorder = recorded(duplex.resume());
        duplex.on('error', () => undefined);
        await recorder.until('data');
        duplex.write('to nobody', recorder.callback('write'));
        await recorder.until('close');
        child.kill();
        await child.wait();
        expect(recorder.log()).toEqual([
          `'resume'`,
          `'data' bytes "closed\\n"`,
          'write called back <Error EPIPE write -32: write EPIPE>',
          `'error' <Error EPIPE write -32: write EPIPE>`,
          `'close' true`,
        ]);
      },
      { loopFactory },
    ));
});
