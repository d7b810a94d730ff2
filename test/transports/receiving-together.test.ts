/**
 * Connections that are readable in the same poll. One native call receives for all of them, and the bytes are delivered to one connection
 * after another. No connection may notice this.
 */

import { describe, expect, it } from 'vitest';

import { getRunningLoop } from 'selectloop';
import type { Socket } from 'selectloop/sockets';

import { type Connection, ended, greeted } from '../support/connections.js';
import { everyLoop, turns } from '../support/every-loop.js';
import { BufferedRecording, type Recording, until } from '../support/protocols.js';
import { Opened, patterned, resetOnClose } from '../support/sockets.js';

describe.each(everyLoop)('connections that are readable in the same poll ($name)', ({ run }) => {
  it('each of 150 connections receives its own bytes', () =>
    run(function* () {
      using opened = new Opened();
      const order: number[] = [];
      const all = yield* greeted(opened, 150, (i) => ({ dataReceived: () => order.push(i) }));
      all.forEach(({ peer }, i) => peer.send(Buffer.from(` ${i}`)));
      yield* until(() => all.every(({ protocol }, i) => protocol.received === `hello ${i}`));
      expect(new Set(order).size).toBe(150);
      yield* ended(all);
    }));

  it('a connection that is paused before its bytes are delivered receives nothing until it is resumed', () =>
    run(function* () {
      using opened = new Opened();
      // The connection that receives first pauses all other connections.
      let first: number | null = null;
      const all = yield* greeted(opened, 3, (i, others) => ({
        dataReceived() {
          first ??= i;
          if (first === i) others.filter((_, j) => j !== i).forEach(({ transport }) => transport.pauseReading());
        },
      }));
      yield* until(() => first !== null);
      yield* turns(5);
      const paused = all.filter((_, i) => i !== first);
      for (const { protocol } of paused) expect(protocol.log).toEqual(['made']);
      for (const { transport, peer } of paused) {
        peer.send(Buffer.from('!'));
        transport.resumeReading();
      }
      yield* until(() => paused.every(({ protocol }) => protocol.received === 'hello!'));
      yield* ended(all);
    }));

  it('pausing and resuming a connection before its bytes are delivered has no effect', () =>
    run(function* () {
      using opened = new Opened();
      const all = yield* greeted(opened, 3, (_, others) => ({
        dataReceived() {
          for (const { transport } of others) {
            transport.pauseReading();
            transport.resumeReading();
          }
        },
      }));
      yield* until(() => all.every(({ protocol }) => protocol.received === 'hello'));
      yield* turns(5);
      for (const { protocol } of all) expect(protocol.log).toEqual(['made', 'data hello']);
      yield* ended(all);
    }));

  it('a connection that is paused when its bytes would be delivered, and then resumed, receives them in the next iteration', () =>
    run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      // Every selector reports these descriptors in this order.
      const [pausing, hint] = opened.pair();
      const [x] = (yield* greeted(opened, 1, () => ({}))) as [Connection];
      const [resuming, secondHint] = opened.pair();
      const others = yield* greeted(opened, 2, () => ({}));
      yield* until(() => [x, ...others].every(({ protocol }) => protocol.received === 'hello'));
      loop.addReader(pausing, () => {
        pausing.recvEx(1);
        x.transport.pauseReading();
      });
      loop.addReader(resuming, () => {
        resuming.recvEx(1);
        x.transport.resumeReading();
      });
      for (const peer of [hint, x.peer, secondHint, ...others.map(({ peer: other }) => other)])
        peer.send(Buffer.from('!'));
      yield* until(() => [x, ...others].every(({ protocol }) => protocol.received === 'hello!'));
      loop.removeReader(pausing);
      loop.removeReader(resuming);
      yield* ended([x, ...others]);
    }));

  it('a connection that is closed before its bytes are delivered receives nothing', () =>
    run(function* () {
      using opened = new Opened();
      const all = yield* greeted(opened, 3, (i, others) => ({
        dataReceived: () => others.forEach(({ transport }, j) => i !== j && transport.close()),
      }));
      yield* until(() => all.filter(({ protocol }) => protocol.lost.done()).length === 2);
      const logs = all.map(({ protocol }) => protocol.log.join());
      expect(logs.toSorted()).toEqual(['made,data hello', 'made,lost null', 'made,lost null']);
      yield* ended(all);
    }));

  it('a buffered protocol that is set before the bytes are delivered receives all of them, even with a small buffer', () =>
    run(function* () {
      using opened = new Opened();
      const late = new BufferedRecording(Buffer.alloc(2));
      let switched: Connection | null = null;
      const all = yield* greeted(opened, 2, (i, others) => ({
        dataReceived() {
          switched ??= others[1 - i]!;
          switched.transport.setProtocol(late);
        },
      }));
      yield* until(() => late.received === 'hello');
      expect(late.log).toEqual(['updated 2', 'updated 2', 'updated 1']);
      yield* ended(all.filter((connection) => connection !== switched));
      late.transport = switched!.transport;
      late.transport.abort();
      yield* late.lost;
    }));

  it('EOF and errors go to the connections that they belong to', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener();
      const makePair = (): [Socket, Socket] => {
        const peer = opened.socket();
        peer.setBlocking(true);
        peer.connect(address);
        peer.setBlocking(false);
        return [opened.add(listener.accept().socket), peer];
      };
      const all = yield* greeted(opened, 4, () => ({}), makePair);
      yield* until(() => all.every(({ protocol }) => protocol.received === 'hello'));
      const [more, finished, reset, gone] = all as [Connection, Connection, Connection, Connection];
      more.peer.send(Buffer.from('!'));
      finished.peer.shutdown('write');
      resetOnClose(reset.peer);
      reset.peer.close();
      gone.peer.close();
      yield* until(() => [finished, reset, gone].every(({ protocol }) => protocol.lost.done()));
      expect(more.protocol.log).toEqual(['made', 'data hello', 'data !']);
      expect(finished.protocol.log).toEqual(['made', 'data hello', 'eof', 'lost null']);
      expect(reset.protocol.log).toEqual(['made', 'data hello', 'lost ECONNRESET']);
      expect(gone.protocol.log).toEqual(['made', 'data hello', 'eof', 'lost null']);
      yield* ended([more]);
    }));

  it('small and large messages arrive whole', () =>
    run(function* () {
      using opened = new Opened();
      const all = yield* greeted(opened, 8, () => ({}));
      const sent = all.map((_, i) => patterned(i % 2 === 0 ? 50_000 : 1000));
      for (let round = 0; round < 3; round += 1) {
        all.forEach(({ peer }, i) => peer.send(sent[i]!));
        yield* until(() => all.every(({ protocol }, i) => sizeOf(protocol) === 5 + (round + 1) * sent[i]!.length));
      }
      all.forEach(({ protocol }, i) => {
        const expected = Buffer.concat([Buffer.from('hello'), sent[i]!, sent[i]!, sent[i]!]);
        expect(Buffer.concat(protocol.chunks).equals(expected)).toBe(true);
      });
      yield* ended(all);
    }));
});

function sizeOf(protocol: Recording): number {
  return protocol.chunks.reduce((sum, { length }) => sum + length, 0);
}
