/** Two hosts and the link between them. */

import { describe, expect, it } from 'vitest';

import { EINPROGRESS, ENETUNREACH, ETIMEDOUT } from '../../lib/simulation/kernel/errno.js';
import type { Host } from '../../lib/simulation/kernel/host.js';
import { NANOSECONDS_PER_SECOND } from '../../lib/simulation/time/clock.js';
import { Random } from '../fuzz/random.js';
import { AF_INET, SOCK_DGRAM, SOCK_STREAM, type Simulated, inet, on, recv, send, simulated } from './machine.js';

const MS = 1_000_000;

interface TwoHosts extends Simulated {
  readonly a: Host;
  readonly b: Host;
  /** The links of both directions. */
  readonly links: ReadonlyArray<ReturnType<Simulated['kernel']['network']['link']>>;
}

function twoHosts(latencyMs: number, random?: () => number): TwoHosts {
  const machine = simulated(random === undefined ? {} : { random });
  const { network } = machine.kernel;
  const a = machine.kernel.addHost('a', ['10.0.0.1']);
  const b = machine.kernel.addHost('b', ['10.0.0.2']);
  const links = [network.link(a, b), network.link(b, a)];
  for (const { settings } of links) settings.latencyNs = latencyMs * MS;
  return { ...machine, a, b, links };
}

/** Returns a listener on host b and a connection between the hosts. */
function connected(hosts: TwoHosts): { server: number; client: number; accepted: number } {
  const { calls, a, b } = hosts;
  const server = on(hosts, b, () => calls.socket(AF_INET, SOCK_STREAM, 0));
  calls.bind(server, inet('10.0.0.2', 7000));
  calls.listen(server, 5);
  const client = on(hosts, a, () => calls.socket(AF_INET, SOCK_STREAM, 0));
  expect(calls.connect(client, inet('10.0.0.2', 7000))).toBe(0);
  return { server, client, accepted: calls.accept(server, false, null) };
}

describe('a link', () => {
  it('delays the handshake by a round trip, and bytes by half of it', () => {
    const hosts = twoHosts(20);
    const { kernel, calls } = hosts;
    const { client, accepted } = connected(hosts);
    expect(kernel.clock.now).toBe(60 * MS); // the third segment of the handshake arrives at the server
    send(calls, client, 'ping');
    expect(recv(calls, accepted)).toBe('ping');
    expect(kernel.clock.now).toBe(80 * MS);
  });

  it('with a bandwidth takes time for every byte', () => {
    const hosts = twoHosts(0);
    const { client, accepted } = connected(hosts);
    hosts.links[0]!.settings.bandwidth = 1000;
    const start = hosts.kernel.clock.now;
    send(hosts.calls, client, 'x'.repeat(960)); // and 40 bytes of headers
    expect(recv(hosts.calls, accepted)).toHaveLength(960);
    expect(hosts.kernel.clock.now - start).toBe(NANOSECONDS_PER_SECOND);
  });

  it('that is cut delivers nothing, and everything in order after its repair', () => {
    const hosts = twoHosts(5);
    const { kernel, calls } = hosts;
    const { client, accepted } = connected(hosts);
    hosts.links[0]!.cut();
    for (const text of ['one ', 'two ', 'three']) send(calls, client, text);
    expect(calls.wait(accepted, 1, 1000)).toBe(0);
    kernel.clock.after(MS, () => hosts.links[0]!.open());
    let text = '';
    while (text.length < 13) text += String(recv(calls, accepted));
    expect(text).toBe('one two three');
  });

  it('that stays cut makes connect fail with ETIMEDOUT after 127 seconds', () => {
    const hosts = twoHosts(5);
    const { kernel, calls, a, links } = hosts;
    links[1]!.cut();
    const client = on(hosts, a, () => calls.socket(AF_INET, SOCK_STREAM, 0));
    expect(calls.connect(client, inet('10.0.0.2', 7000))).toBe(-ETIMEDOUT);
    expect(kernel.clock.now).toBe(127 * NANOSECONDS_PER_SECOND);
  });

  it('with losses delivers every byte of a stream in order, later', () => {
    const random = new Random(3);
    const hosts = twoHosts(10, () => random.next());
    const { calls } = hosts;
    const { client, accepted } = connected(hosts);
    for (const { settings } of hosts.links) settings.loss = 0.3;
    // One segment for each send: Nagle's algorithm would join them.
    const { IPPROTO_TCP, TCP_NODELAY } = calls.constants;
    calls.setsockopt(client, IPPROTO_TCP!, TCP_NODELAY!, new Uint8Array(Int32Array.of(1).buffer));
    const parts = Array.from({ length: 50 }, (_, i) => `<${i}>`);
    for (const part of parts) send(calls, client, part);
    calls.shutdown(client, 1);
    let text = '';
    for (let part = recv(calls, accepted); part !== ''; part = recv(calls, accepted)) text += String(part);
    expect(text).toBe(parts.join(''));
    expect(hosts.kernel.clock.now).toBeGreaterThan(200 * MS);
  });

  it('loses datagrams', () => {
    const hosts = twoHosts(10);
    const { calls, a, b, links } = hosts;
    const receiver = on(hosts, b, () => calls.socket(AF_INET, SOCK_DGRAM, 0));
    calls.bind(receiver, inet('10.0.0.2', 53));
    const sender = on(hosts, a, () => calls.socket(AF_INET, SOCK_DGRAM, 0));
    calls.connect(sender, inet('10.0.0.2', 53));
    links[0]!.cut();
    send(calls, sender, 'lost');
    links[0]!.open();
    send(calls, sender, 'found');
    expect(recv(calls, receiver)).toBe('found');
    expect(calls.wait(receiver, 1, 1000)).toBe(0);
  });
});

describe('a port', () => {
  it('stays in use for a minute after a connection that this end has closed first', () => {
    const { kernel, calls } = simulated();
    const bound = (): [fd: number, result: number] => {
      const fd = calls.socket(AF_INET, SOCK_STREAM, 0);
      return [fd, calls.bind(fd, inet('127.0.0.1', 7000))];
    };
    const [server] = bound();
    calls.listen(server, 1);
    const client = calls.socket(AF_INET, SOCK_STREAM, 0);
    calls.connect(client, inet('127.0.0.1', 7000));
    for (const fd of [calls.accept(server, false, null), client, server]) calls.close(fd);
    expect(bound()[1]).toBe(-calls.constants.EADDRINUSE!);
    expect(kernel.clock.nextTime).toBeNull(); // it is no event that a program could wait for
    calls.wait(client, 1, 0);
    calls.wait(calls.eventfd(), 1, 60_000);
    expect(bound()[1]).toBe(0);
  });
});

describe('hosts', () => {
  it('have ports and loopback interfaces of their own', () => {
    const hosts = twoHosts(0);
    const { calls, a, b } = hosts;
    const listeners = [a, b].map((host) =>
      on(hosts, host, () => {
        const fd = calls.socket(AF_INET, SOCK_STREAM, 0);
        expect(calls.bind(fd, inet('0.0.0.0', 7000))).toBe(0);
        calls.listen(fd, 1);
        return fd;
      }),
    );
    const client = on(hosts, a, () => calls.socket(AF_INET, SOCK_STREAM, 0));
    expect(calls.connect(client, inet('127.0.0.1', 7000))).toBe(0);
    expect(calls.wait(listeners[0]!, 1, 0)).toBe(1);
    expect(calls.wait(listeners[1]!, 1, 0)).toBe(0);
  });

  it('that do not exist are unreachable', () => {
    const { calls } = simulated();
    const fd = calls.socket(AF_INET, SOCK_STREAM, 0);
    expect(calls.connect(fd, inet('10.9.9.9', 1))).toBe(-ENETUNREACH);
  });

  it('show their segments to a tap', () => {
    const { kernel, calls } = simulated();
    const seen: string[] = [];
    kernel.network.watch(({ text }) => seen.push(text));
    const server = calls.socket(AF_INET, SOCK_STREAM, 0);
    calls.bind(server, inet('127.0.0.1', 80));
    calls.listen(server, 1);
    const client = calls.socket(AF_INET, SOCK_STREAM, 0);
    calls.setNonBlocking(client, true);
    expect(calls.connect(client, inet('127.0.0.1', 80))).toBe(-EINPROGRESS);
    expect(seen).toEqual([
      '127.0.0.1:32768 > 127.0.0.1:80 SYN',
      '127.0.0.1:80 > 127.0.0.1:32768 SYN ACK acknowledges 0, window 65536',
      '127.0.0.1:32768 > 127.0.0.1:80 ACK acknowledges 0, window 65536',
    ]);
  });
});
