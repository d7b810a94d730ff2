/** toDuplex and startTls on a connection that cannot be handed over: the error says why, and the connection is unchanged. */

import { createConnection, createTask, runSync, sendfile, startTls } from 'selectloop';
import { toDuplex } from 'selectloop/node';
import { fd, pipe } from 'selectloop/sockets';
import { memoryPair } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { errorOf, hostedLoops, turns } from '../support/every-loop.js';
import { Recording, until } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';

const bytes = (data: string): Buffer => Buffer.from(data);
const client = { tls: true, serverName: 'localhost' } as const;

describe.each(hostedLoops)('a refused hand-over ($name)', (kind) => {
  it('a connection that was already handed over stays with its duplex', () =>
    kind.run(function* () {
      using opened = new Opened();
      const [socket] = opened.tcpPair();
      const protocol = new Recording();
      const { transport } = yield* createConnection(() => protocol, null, null, { socket });
      const duplex = toDuplex(transport);
      expect(() => toDuplex(transport)).toThrow('cannot call toDuplex(): toDuplex() or startTls() has taken over');
      const upgrading = createTask(() => startTls(transport, {}, { tls: true, serverName: 'localhost' }));
      expect(yield* errorOf(upgrading)).toMatchObject({
        name: 'InvalidStateError',
        message: expect.stringContaining('cannot call startTls(): toDuplex() or startTls() has taken over') as string,
      });
      expect(duplex.destroyed).toBe(false);
      duplex.destroy();
      expect(yield* protocol.lost).toBe(null);
      expect(() => toDuplex(transport)).toThrow('toDuplex: the transport is closed');
    }));

  it('a sendfile in progress is not disturbed', () =>
    kind.run(function* () {
      using opened = new Opened();
      const [socket] = opened.tcpPair();
      const protocol = new Recording();
      const { transport } = yield* createConnection(() => protocol, null, null, { socket });
      const { read, write } = pipe();
      const sending = createTask(() => sendfile(transport, read));
      yield* turns(2);
      expect(() => toDuplex(transport)).toThrow('cannot call toDuplex(): sendfile is in progress');
      const upgrading = createTask(() => startTls(transport, {}, { tls: true, serverName: 'localhost' }));
      expect(yield* errorOf(upgrading)).toMatchObject({ name: 'InvalidStateError' });
      fd.close(write);
      expect(yield* sending).toBe(0);
      fd.close(read);
      toDuplex(transport).destroy();
      yield* protocol.lost;
    }));

  it('a reader keeps its unread bytes if startTls is refused during a sendfile', () =>
    kind.run(function* () {
      const [near, far] = memoryPair();
      const { read, write } = pipe();
      const sending = createTask(() => sendfile(near.writer.transport, read));
      far.writer.write(bytes('early\n'));
      yield* until(() => String(near.reader).includes('6 bytes'));
      expect(yield* errorOf(createTask(() => near.writer.startTls(client)))).toMatchObject({
        name: 'InvalidStateError',
      });
      fd.close(write);
      yield* sending;
      fd.close(read);
      expect(String(yield* near.reader.readline())).toBe('early\n');
      for (const { writer } of [near, far]) writer.close();
      yield* near.writer.waitClosed();
    }));
});

describe('startTls in a blocking loop', () => {
  it('throws ERR_NEEDS_HOST, and the reader keeps its unread bytes', () =>
    runSync(function* () {
      const [near, far] = memoryPair();
      far.writer.write(bytes('early\n'));
      yield* until(() => String(near.reader).includes('6 bytes'));
      expect(yield* errorOf(createTask(() => near.writer.startTls(client)))).toMatchObject({ code: 'ERR_NEEDS_HOST' });
      expect(String(yield* near.reader.readline())).toBe('early\n');
      for (const { writer } of [near, far]) writer.close();
      yield* near.writer.waitClosed();
    }));
});
