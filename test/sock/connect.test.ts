/** Connecting by name and by path, to listeners that are full or slow, and resolving names. */

import { readdirSync, readlinkSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import {
  type Steps,
  createTask,
  gather,
  getRunningLoop,
  getaddrinfo,
  newEventLoop,
  sleep,
  sockAccept,
  sockConnect,
  sockRecv,
} from 'selectloop';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AI_CANONNAME,
  AI_NUMERICHOST,
  AI_PASSIVE,
  AI_V4MAPPED,
  type InetAddress,
  SOCK_DGRAM,
  type Socket,
} from 'selectloop/sockets';

import { cancelled, countingSelector, errorOf, expectQuiet, everyLoop, turns, waiting } from '../support/every-loop.js';
import { Opened } from '../support/sockets.js';

/** Counts eventfds, which a resolution holds. Node may open and close descriptors of other kinds at any time. */
const openEventfds = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('[eventfd');
    } catch {
      return false; // the descriptor that read the directory
    }
  }).length;

/** A UNIX listener whose backlog is full. */
function fullListener(opened: Opened): { listener: Socket; address: ReturnType<Socket['getsockname']> } {
  const listener = opened.socket(AF_UNIX);
  listener.bind({ path: '' });
  listener.listen(0);
  const address = listener.getsockname();
  while (opened.socket(AF_UNIX).connectEx(address) === 0);
  return { listener, address };
}

describe.each(everyLoop)('connecting ($name)', ({ selector, run, runOn }) => {
  it('by a name that does not resolve fails with ENOTFOUND or EAI_AGAIN and the name', () =>
    run(function* () {
      using opened = new Opened();
      const socket = opened.socket();
      const error = yield* errorOf(createTask(() => sockConnect(socket, { host: 'nosuch.invalid', port: 80 })));
      expect(error).toMatchObject({ name: 'ResolutionError', syscall: 'getaddrinfo', hostname: 'nosuch.invalid' });
      // ENOTFOUND where a name server answers, EAI_AGAIN where none does.
      expect(['ENOTFOUND', 'EAI_AGAIN']).toContain((error as { code: string }).code);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it('by an IPv6 address with a zone resolves the zone', () =>
    run(function* () {
      using opened = new Opened();
      const listener = opened.socket(AF_INET6);
      listener.bind({ host: '::1', port: 0 });
      listener.listen();
      const { port } = listener.getsockname() as { port: number };
      const client = opened.socket(AF_INET6);
      yield* sockConnect(client, { host: '::1%1', port });
      const { socket } = yield* sockAccept(listener);
      opened.add(socket);
      expect(client.getpeername()).toMatchObject({ host: '::1', port });
    }));

  it('to a full UNIX listener waits for room without spinning', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = fullListener(opened);
      const client = opened.socket(AF_UNIX);
      const connecting = createTask(() => sockConnect(client, address));
      yield* sleep(10);
      yield* expectQuiet(60, 20); // retries at growing intervals
      expect(connecting.done()).toBe(false);
      opened.add((yield* sockAccept(listener)).socket);
      yield* connecting;
      expect(client.getpeername()).toEqual(address);
    }));

  it('to a full UNIX listener can be cancelled, and ends when the listener closes', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = fullListener(opened);
      const client = opened.socket(AF_UNIX);
      const connecting = createTask(() => sockConnect(client, address));
      yield* sleep(3);
      yield* cancelled(connecting);
      expect(getRunningLoop().statistics()).toMatchObject({ scheduled: 0, readers: 0, writers: 0 });
      const again = createTask(() => sockConnect(client, address));
      yield* turns(1);
      listener.close();
      expect(yield* errorOf(again)).toMatchObject({ code: 'ECONNREFUSED' });
    }));

  it('takes over a cancelled attempt that the kernel continues', () =>
    run(function* () {
      using opened = new Opened();
      const { address } = opened.listener(0);
      // The kernel drops connections to a full TCP listener and retries after a second: these attempts are in progress.
      const clients = Array.from({ length: 5 }, () => opened.socket());
      for (const each of clients) each.connectEx(address);
      const client = opened.socket();
      const first = createTask(() => sockConnect(client, address));
      yield* turns(2);
      yield* cancelled(first);
      const second = createTask(() => sockConnect(client, address));
      yield* turns(3);
      expect(second.done()).toBe(false);
      expect(waiting()).toEqual({ readers: 0, writers: 1 });
      yield* cancelled(second);
    }));

  it('fails with EBADF when the socket is closed meanwhile', () =>
    run(function* () {
      using opened = new Opened();
      const client = opened.socket();
      // No answer comes: the kernel keeps trying (or has no route and says so immediately).
      const connecting = createTask(() => sockConnect(client, { host: '192.0.2.1', port: 9 }));
      yield* turns(2);
      client.close();
      const error = yield* errorOf(connecting);
      expect(['EBADF', 'ENETUNREACH', 'EHOSTUNREACH']).toContain((error as { code: string }).code);
      expect(waiting().writers).toBe(0);
    }));

  it('fails with EISCONN once the socket is connected', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener();
      const client = opened.socket();
      const [{ socket }] = yield* gather([sockAccept(listener), sockConnect(client, address)]);
      opened.add(socket);
      yield* sockConnect(client, address); // on Linux the first repetition returns what a blocking connect would have returned
      expect(yield* errorOf(createTask(() => sockConnect(client, address)))).toMatchObject({
        code: 'EISCONN',
        port: address.port,
      });
    }));

  it('20 tasks accept 20 connections on one port, one after the other', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener();
      const clients = Array.from({ length: 20 }, () => opened.socket());
      const serving = createTask(function* () {
        const peers = new Set<string>();
        for (let i = 0; i < clients.length; i += 1) {
          const accepted = yield* sockAccept(listener);
          opened.add(accepted.socket);
          peers.add(JSON.stringify(accepted.address));
        }
        return peers;
      });
      yield* gather(clients.map((client) => sockConnect(client, address)));
      const peers = yield* serving;
      expect(peers).toEqual(new Set(clients.map((client) => JSON.stringify(client.getsockname()))));
    }));

  it('getaddrinfo returns addresses of the requested family and type', () =>
    run(function* () {
      const resolved = yield* getaddrinfo('localhost', 80, { family: AF_INET, type: SOCK_DGRAM });
      expect(resolved[0]).toMatchObject({
        family: AF_INET,
        type: SOCK_DGRAM,
        address: { host: '127.0.0.1', port: 80 },
      });
      expect(yield* getaddrinfo('::1', 7)).toMatchObject([{ family: AF_INET6, address: { host: '::1', port: 7 } }]);
      const mismatch = yield* errorOf(createTask(() => getaddrinfo('127.0.0.1', 7, { family: AF_INET6 })));
      expect(mismatch).toMatchObject({ code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND 127.0.0.1' });
      const [zoned] = yield* getaddrinfo('fe80::1%1', 7);
      expect(zoned?.address).toMatchObject({ host: 'fe80::1', port: 7, scopeId: 1 });
    }));

  it('sockConnect takes an address with a zone as it is', () =>
    run(function* () {
      using opened = new Opened();
      for (const [host, code] of [
        ['fe80::1%lo', 'ENETUNREACH'],
        ['fe80::1%no-such-if', 'ENODEV'],
      ] as const) {
        const socket = opened.socket(AF_INET6, SOCK_DGRAM);
        const error = yield* errorOf(createTask(() => sockConnect(socket, { host, port: 9 })));
        expect(error).toMatchObject({ name: 'OSError', code, address: host });
      }
    }));

  it('getaddrinfo follows its flags', () =>
    run(function* () {
      const addresses = function* (host: string | null, flags: number, family = 0): Steps<unknown[]> {
        return (yield* getaddrinfo(host, 80, { flags, family })).map(({ address }) => (address as InetAddress).host);
      };
      const [canonical] = yield* getaddrinfo('localhost', 80, { flags: AI_CANONNAME, family: AF_INET });
      expect(canonical).toMatchObject({ canonicalName: 'localhost', address: { host: '127.0.0.1', port: 80 } });
      expect(yield* getaddrinfo('localhost', 80, { family: AF_INET })).not.toContainEqual(
        expect.objectContaining({ canonicalName: expect.anything() as unknown }),
      );
      expect(yield* addresses(null, 0, AF_INET)).toEqual(['127.0.0.1']);
      expect(yield* addresses(null, AI_PASSIVE, AF_INET)).toEqual(['0.0.0.0']);
      expect(yield* addresses(null, AI_PASSIVE, AF_INET6)).toEqual(['::']);
      expect(yield* addresses('127.0.0.1', AI_V4MAPPED, AF_INET6)).toEqual(['::ffff:127.0.0.1']);
      expect(yield* addresses('127.0.0.1', AI_NUMERICHOST)).toEqual(['127.0.0.1']);
      const named = yield* errorOf(createTask(() => getaddrinfo('localhost', 80, { flags: AI_NUMERICHOST })));
      expect(named).toMatchObject({ code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND localhost' });
      const broken = yield* errorOf(createTask(() => getaddrinfo('localhost', 80, { flags: 1 << 30 })));
      expect(broken).toMatchObject({ code: 'EAI_BADFLAGS' });
    }));

  it('a cancelled getaddrinfo leaves nothing open while its thread still works', async () => {
    const { selector: counted, calls } = countingSelector(selector);
    const loop = newEventLoop({ selector: counted });
    await runOn(loop, function* () {
      yield* getaddrinfo('localhost', 1); // afterwards the resolver's permanent descriptors are open
      const [descriptors, registered] = [openEventfds(), counted.getMap().size];
      const before = { ...calls };
      const resolving = Array.from({ length: 10 }, () => createTask(() => getaddrinfo('localhost', 80)));
      yield* turns(1);
      expect(calls.register - before.register).toBe(10);
      for (const task of resolving) task.cancel();
      for (const task of resolving) yield* errorOf(task);
      expect(counted.getMap().size).toBe(registered);
      expect(waiting().readers).toBe(0);
      // A thread that is still working holds its eventfd until it ends.
      for (let tries = 0; openEventfds() > descriptors && tries < 100; tries += 1) yield* sleep(5);
      expect(openEventfds()).toBe(descriptors);
      expect(calls.unregister - before.unregister).toBe(10);
    });
  });

  it('sockConnect cancelled during resolution leaves the socket unconnected and usable', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener();
      const client = opened.socket();
      const connecting = createTask(() => sockConnect(client, { host: 'localhost', port: address.port }));
      yield* turns(1);
      yield* cancelled(connecting);
      expect(() => client.getpeername()).toThrow(expect.objectContaining({ code: 'ENOTCONN' }));
      yield* sockConnect(client, address);
      const { socket } = yield* sockAccept(listener);
      socket.close();
      expect((yield* sockRecv(client, 1)).length).toBe(0);
    }));
});
