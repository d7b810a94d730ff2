/** Connections that are answered in one batch. One native call sends for all of them, which must be invisible apart from timing. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ContextVar, type Transport, createTask, getRunningLoop } from 'selectloop';
import type { Socket } from 'selectloop/sockets';

import { type Connection, ended, greeted } from '../support/connections.js';
import { everyLoop, turns, waiting } from '../support/every-loop.js';
import { Recording, connected, drained, errorsOfLoop, until } from '../support/protocols.js';
import { Opened, patterned } from '../support/sockets.js';

/** One action in a call of `dataReceived`, or between two calls. */
interface Step {
  readonly cut: number;
  readonly pause: number | null;
  readonly resume: number | null;
  readonly size: number;
  readonly patience: number;
}

const plans = fc.array(
  fc.record({
    cut: fc.integer({ min: 0, max: 6000 }),
    pause: fc.option(fc.integer({ min: 0, max: 4 }), { nil: null }),
    resume: fc.option(fc.integer({ min: 0, max: 4 }), { nil: null }),
    size: fc.integer({ min: 1, max: 3000 }),
    patience: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 1, maxLength: 20 },
);

describe.each(everyLoop)('connections that are answered in one batch ($name)', ({ run }) => {
  it('small answers are sent in the iteration after the handles that wrote them', () =>
    run(function* () {
      using opened = new Opened();
      const seen: Array<string | null> = [];
      const all = yield* greeted(opened, 3, (i, others) => ({
        dataReceived(data: Buffer) {
          const { transport, peer } = others[i]!;
          transport.write(data);
          transport.write(Buffer.from('!'));
          seen.push(drained(peer));
        },
      }));
      yield* until(() => seen.length === 3);
      expect(seen).toEqual(['', '', '']);
      yield* turns(1);
      expect(all.map(({ peer }) => drained(peer))).toEqual(Array(3).fill('hello!'));
      yield* ended(all);
    }));

  it('a connection that is ready alone is answered immediately', () =>
    run(function* () {
      using opened = new Opened();
      const seen: Array<string | null> = [];
      const all = yield* greeted(opened, 1, (_, others) => ({
        dataReceived(data: Buffer) {
          others[0]!.transport.write(data);
          seen.push(drained(others[0]!.peer));
        },
      }));
      yield* until(() => seen.length === 1);
      expect(seen).toEqual(['hello']);
      yield* ended(all);
    }));

  it.each<[string, (transport: Transport) => unknown]>([
    ['asks how much is unsent', (transport) => expect(transport.getWriteBufferSize()).toBe(0)],
    ['writes something large', (transport) => transport.write(Buffer.alloc(5000))],
    ['writes a list', (transport) => transport.writelines([Buffer.alloc(1)])],
    ['ends its side', (transport) => transport.writeEof()],
    ['closes', (transport) => transport.close()],
    ['aborts', (transport) => transport.abort()],
    ['allows nothing to be kept', (transport) => transport.setWriteBufferLimits({ high: 0 })],
    ['asks for the socket', (transport) => transport.getExtraInfo('socket')],
  ])('a protocol that %s flushes its earlier writes', (_, act) =>
    run(function* () {
      using opened = new Opened();
      const seen: Array<string | null> = [];
      const all = yield* greeted(opened, 2, (i, others) => ({
        dataReceived() {
          const { transport, peer } = others[i]!;
          transport.write(Buffer.from('answer'));
          act(transport);
          seen.push(drained(peer));
        },
      }));
      yield* until(() => seen.length === 2);
      for (const text of seen) expect(text?.slice(0, 6)).toBe('answer');
      yield* ended(all);
    }),
  );

  it('pieces of many sizes keep their order', () =>
    run(function* () {
      using opened = new Opened();
      const pieces = [1, 4096, 4097, 10, 1, 2000, 3000, 60_000, 5].map((size) => patterned(size));
      const all = yield* greeted(opened, 40, (i, others) => ({
        dataReceived() {
          // Each also writes to its neighbour.
          for (const piece of pieces) others[i]!.transport.write(piece);
          others[(i + 1) % others.length]!.transport.write(Buffer.from('!'));
        },
      }));
      const expected = Buffer.concat(pieces);
      const got = all.map((): Buffer[] => []);
      const size = (i: number): number => got[i]!.reduce((sum, { length }) => sum + length, 0);
      yield* until(() => {
        all.forEach(({ peer }, i) => {
          for (let data = peer.recvEx(65_536); typeof data !== 'number'; data = peer.recvEx(65_536)) got[i]!.push(data);
        });
        return all.every((_, i) => size(i) === expected.length + 1);
      });
      all.forEach((_, i) => {
        const bytes = Buffer.concat(got[i]!);
        const mark = [0, expected.length].find((at) => bytes[at] === '!'.charCodeAt(0))!;
        expect(Buffer.concat([bytes.subarray(0, mark), bytes.subarray(mark + 1)]).equals(expected)).toBe(true);
      });
      yield* ended(all);
    }));

  it('bytes that the kernel does not accept wait for writability, and pause the protocol', () =>
    run(function* () {
      using opened = new Opened();
      const text = 'x'.repeat(1000);
      const all = yield* greeted(
        opened,
        2,
        (i, others) => ({
          dataReceived() {
            const { transport } = others[i]!;
            transport.setWriteBufferLimits({ high: 2000 });
            if (i === 0) for (let n = 0; n < 100; n += 1) transport.write(Buffer.from(text));
            else transport.write(Buffer.from('short'));
          },
        }),
        () => opened.narrowPair(),
      );
      yield* until(() => all[0]!.protocol.log.includes('pause'));
      expect(waiting().writers).toBe(1);
      expect(all[1]!.protocol.log).not.toContain('pause');
      let got = 0;
      yield* until(() => {
        got += drained(all[0]!.peer)?.length ?? 0;
        return got === 100_000;
      });
      expect(all[0]!.protocol.log.filter((entry) => entry === 'resume').length).toBeGreaterThan(0);
      expect(drained(all[1]!.peer)).toBe('short');
      yield* ended(all);
    }));

  it('after a partial send the rest follows in order, even if the protocol writes inside pauseWriting', () =>
    run(function* () {
      using opened = new Opened();
      const all = yield* greeted(
        opened,
        3,
        (i, others) => ({
          dataReceived() {
            const { transport } = others[i]!;
            for (let n = 0; n < 30; n += 1) transport.write(patterned(4000));
          },
          pauseWriting() {
            for (const { transport } of others) transport.write(Buffer.from('P'));
          },
        }),
        () => opened.narrowPair(),
      );
      for (const { transport } of all) transport.setWriteBufferLimits({ high: 3999, low: 0 });
      const got = all.map(() => '');
      const whole = patterned(4000).toString('latin1').repeat(30);
      const withoutMarks = (text: string): string => text.replaceAll('P', '');
      const length = withoutMarks(whole).length;
      yield* until(() => {
        all.forEach(({ peer }, i) => {
          for (let data = peer.recvEx(65_536); typeof data !== 'number'; data = peer.recvEx(65_536)) {
            got[i] = got[i]! + data.toString('latin1');
          }
        });
        return all.every(
          ({ transport }, i) => transport.getWriteBufferSize() === 0 && withoutMarks(got[i]!).length === length,
        );
      });
      for (const text of got) expect(withoutMarks(text) === withoutMarks(whole)).toBe(true);
      yield* ended(all);
    }));

  it('a disconnected peer ends its own connection and no other', () =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const all = yield* greeted(opened, 3, (i, others) => ({
        dataReceived() {
          if (i === 1) others[1]!.peer.close();
          others[i]!.transport.write(Buffer.from('answer'));
        },
      }));
      expect(yield* all[1]!.protocol.lost).toMatchObject({ code: 'EPIPE', syscall: 'send' });
      expect(drained(all[0]!.peer)).toBe('answer');
      expect(drained(all[2]!.peer)).toBe('answer');
      expect(errors).toEqual([]);
      yield* ended(all);
    }));

  it('every byte comes back in order, whichever connections pause, resume and write to each other', () =>
    fc.assert(
      fc.asyncProperty(plans, (steps) =>
        run(function* () {
          using opened = new Opened();
          let at = 0;
          const next = (): Step => steps[(at += 1) % steps.length]!;
          const all = yield* greeted(
            opened,
            5,
            (i, others) => ({
              dataReceived(data: Buffer) {
                const { cut, pause, resume } = next();
                const { transport } = others[i]!;
                transport.write(data.subarray(0, cut));
                if (pause !== null) others[pause]!.transport.pauseReading();
                transport.write(data.subarray(cut));
                if (resume !== null) others[resume]!.transport.resumeReading();
              },
            }),
            () => opened.narrowPair(),
          );
          const sent = all.map(() => 'hello');
          const got = all.map(() => '');
          const collect = (): void => all.forEach(({ peer }, i) => (got[i] = got[i]! + (drained(peer) ?? '')));
          for (let i = 0; i < 20; i += 1) {
            const text = String(i).repeat(next().size);
            all.forEach(
              ({ peer }, j) =>
                (sent[j] = sent[j]! + text.slice(0, Math.max(peer.sendEx(Buffer.from(text), 0, text.length), 0))),
            );
            yield* turns(next().patience);
            collect();
          }
          yield* until(() => {
            for (const { transport } of all) transport.resumeReading();
            collect();
            return got.every((text, i) => text.length === sent[i]!.length);
          });
          expect(got).toEqual(sent);
          yield* ended(all);
        }),
      ),
      { numRuns: 30 },
    ));

  it('tasks that keep the ready queue full do not delay the answers', () =>
    run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      let answered = 0;
      const all = yield* greeted(opened, 2, (i, others) => ({
        dataReceived(data: Buffer) {
          others[i]!.transport.write(data);
          answered += 1;
        },
      }));
      let seen = 0;
      const seenAfter: number[] = [];
      const again = (count: number): void => {
        seen += all.filter(({ peer }) => drained(peer) === 'hello').length;
        if (answered === 2) seenAfter.push(seen);
        if (count > 0 && seen < 2) loop.callSoon(again, count - 1);
      };
      loop.callSoon(again, 200);
      yield* until(() => seen === 2);
      expect(seenAfter.length).toBeLessThanOrEqual(3); // iterations of one handle each
      yield* ended(all);
    }));

  it('a socket that is closed without its transport has sent all written bytes', () =>
    run(function* () {
      using opened = new Opened();
      const all = yield* greeted(opened, 2, (i, others) => ({
        dataReceived(data: Buffer) {
          const { transport } = others[i]!;
          transport.pauseReading();
          transport.write(data);
          transport.getExtraInfo('socket')!.close();
        },
      }));
      yield* until(() => all.every(({ transport }) => transport.getExtraInfo('socket')!.fileno() < 0));
      expect(all.map(({ peer }) => drained(peer))).toEqual(['hello', 'hello']);
      yield* ended(all);
    }));

  it('connectionLost runs in its own context if a flush by another connection finds that the peer has closed', () =>
    run(function* () {
      using opened = new Opened();
      const name = new ContextVar('name', { default: 'nobody' });
      const seen: string[] = [];
      let written = 0;
      const all: Connection[] = [];
      for (const owner of ['a', 'b']) {
        const protocol = new Recording({
          dataReceived(data: Buffer) {
            const index = ['a', 'b'].indexOf(owner);
            all[index]!.peer.close();
            all[index]!.transport.write(data);
            written += 1;
            if (written === 2) all[index]!.transport.getWriteBufferSize(); // also flushes the bytes of the other connection
          },
          connectionLost: () => seen.push(`${owner}: ${name.get()}`),
        });
        const task = createTask(function* () {
          name.set(owner);
          return yield* connected(opened, protocol);
        });
        all.push(yield* task);
      }
      for (const { peer } of all) peer.send(Buffer.from('hello'));
      yield* until(() => seen.length === 2);
      expect(seen.toSorted()).toEqual(['a: a', 'b: b']);
    }));

  it('no bytes are left unsent when the loop ends', async () => {
    using opened = new Opened();
    const peers: Socket[] = [];
    await run(function* () {
      let answered = 0;
      const loop = getRunningLoop();
      const all = yield* greeted(opened, 3, (i, others) => ({
        dataReceived(data: Buffer) {
          others[i]!.transport.write(data);
          answered += 1;
          if (answered === 3) for (const { transport } of others) transport.pauseReading();
        },
      }));
      peers.push(...all.map(({ peer }) => peer));
      loop.setExceptionHandler(() => {}); // "unclosed transport"
      yield* until(() => answered === 3);
    });
    expect(peers.map((peer) => drained(peer))).toEqual(['hello', 'hello', 'hello']);
  });
});
