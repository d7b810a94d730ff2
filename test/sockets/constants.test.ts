/** The options behind the constants, as the kernel reads them. */

import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import * as sockets from '../../lib/sockets/index.js';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV6_MULTICAST_HOPS,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  IP_BIND_ADDRESS_NO_PORT,
  IP_FREEBIND,
  IP_MTU,
  IP_MTU_DISCOVER,
  IP_MULTICAST_LOOP,
  IP_PMTUDISC_DO,
  IP_TRANSPARENT,
  MSG_FASTOPEN,
  SOCK_DGRAM,
  SOL_SOCKET,
  SOMAXCONN,
  SO_BINDTODEVICE,
  SO_COOKIE,
  SO_INCOMING_CPU,
  SO_MARK,
  SO_PEEK_OFF,
  SO_PRIORITY,
  Socket,
  TCP_CONGESTION,
  TCP_NOTSENT_LOWAT,
  socketpair,
  tcpInfo,
} from '../../lib/sockets/index.js';
import { tcpListener, tcpPair, udpSocket } from './connected-pairs.js';

/** True if this process has no capability at all, so that the kernel must refuse what needs one. */
const isUnprivileged = /^CapEff:\s*0+$/m.test(readFileSync('/proc/self/status', 'utf8'));

it('those that servers need are exported', () => {
  const names = Object.keys(sockets).filter((name) => /^[A-Z][A-Z\d]*(_[A-Z\d]+)+$|^SOMAXCONN$/.test(name));
  expect(names.length).toBeGreaterThan(250);
  for (const prefix of [
    'AF_',
    'AI_',
    'NI_',
    'SO_',
    'SCM_',
    'MSG_',
    'IP_',
    'IPV6_',
    'IPPROTO_',
    'TCP_',
    'UDP_',
    'MCAST_',
  ]) {
    expect([prefix, names.filter((name) => name.startsWith(prefix)).length > 2]).toEqual([prefix, true]);
  }
});

describe('an option', () => {
  const udp = (): Socket => new Socket(AF_INET, SOCK_DGRAM);
  const udp6 = (): Socket => new Socket(AF_INET6, SOCK_DGRAM);
  it.each<[string, () => Socket, number, number, number]>([
    ['SO_PRIORITY', udp, SOL_SOCKET, SO_PRIORITY, 5],
    ['SO_PEEK_OFF', udp, SOL_SOCKET, SO_PEEK_OFF, 3],
    ['SO_INCOMING_CPU', udp, SOL_SOCKET, SO_INCOMING_CPU, 0],
    ['IP_MTU_DISCOVER', udp, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO],
    ['IP_FREEBIND', udp, IPPROTO_IP, IP_FREEBIND, 1],
    ['IP_BIND_ADDRESS_NO_PORT', udp, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1],
    ['IP_MULTICAST_LOOP', udp, IPPROTO_IP, IP_MULTICAST_LOOP, 0],
    ['IPV6_TCLASS', udp6, IPPROTO_IPV6, IPV6_TCLASS, 32],
    ['IPV6_UNICAST_HOPS', udp6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9],
    ['IPV6_MULTICAST_HOPS', udp6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 9],
    ['TCP_NOTSENT_LOWAT', () => new Socket(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16_384],
  ])('%s is set and read', (_, make, level, option, value) => {
    using socket = make();
    socket.setsockopt(level, option, value);
    expect(socket.getsockopt(level, option)).toBe(value);
  });

  it('with a name takes and returns its bytes', () => {
    using socket = new Socket();
    const text = (level: number, option: number): string =>
      String(socket.getsockopt(level, option, 16)).replace(/\0.*$/s, '');
    socket.setsockopt(IPPROTO_TCP, TCP_CONGESTION, Buffer.from('reno'));
    expect(text(IPPROTO_TCP, TCP_CONGESTION)).toBe('reno');
    socket.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, Buffer.from('lo'));
    expect(text(SOL_SOCKET, SO_BINDTODEVICE)).toBe('lo');
    expect(() => socket.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, Buffer.from('no-such-if'))).toThrow(/ENODEV|EPERM/);
  });

  it.each([
    ['SO_MARK', SOL_SOCKET, SO_MARK, 7],
    ['IP_TRANSPARENT', IPPROTO_IP, IP_TRANSPARENT, 1],
    ['SO_PRIORITY above 6', SOL_SOCKET, SO_PRIORITY, 7],
  ])('%s is set with privileges, and EPERM without', (_, level, option, value) => {
    using socket = udp();
    let error: unknown;
    try {
      socket.setsockopt(level, option, value);
    } catch (caught) {
      error = caught;
    }
    if (error === undefined) {
      expect(isUnprivileged).toBe(false);
      expect(socket.getsockopt(level, option)).toBe(value);
    } else {
      expect(error).toMatchObject({ name: 'OSError', code: 'EPERM', syscall: 'setsockopt' });
      expect(socket.getsockopt(level, option)).toBe(0);
    }
  });

  it('is read: the MTU of loopback, a cookie, the largest backlog', () => {
    using a = udpSocket();
    a.connect(a.getsockname());
    expect(a.getsockopt(IPPROTO_IP, IP_MTU)).toBeGreaterThan(1000);
    using b = udpSocket();
    expect(a.getsockopt(SOL_SOCKET, SO_COOKIE, 8)).not.toEqual(b.getsockopt(SOL_SOCKET, SO_COOKIE, 8));
    using listener = new Socket();
    listener.listen(SOMAXCONN);
    expect(SOMAXCONN).toBeGreaterThanOrEqual(128);
  });
});

it('MSG_FASTOPEN connects with the first send', () => {
  using listening = tcpListener();
  using client = new Socket();
  expect(client.sendTo(Buffer.from('hello'), listening.address, MSG_FASTOPEN)).toBe(5);
  using server = listening.listener.accept().socket;
  expect(server.recv(10).toString()).toBe('hello');
});

describe('tcpInfo', () => {
  it('has the state and the figures of a connection', () => {
    using pair = tcpPair();
    pair.client.send(Buffer.alloc(1000));
    expect(pair.server.recv(2000)).toHaveLength(1000);
    const [client, server] = [tcpInfo(pair.client), tcpInfo(pair.server)];
    expect(client).toMatchObject({
      state: 'ESTABLISHED',
      caState: 0,
      lost: 0,
      maxPacingRate: Infinity,
      bytesSent: 1000,
    });
    expect(server.bytesReceived).toBe(1000);
    expect(client.sndWscale).toBe(server.rcvWscale);
    expect(client.rtt).toBeGreaterThan(0);
    expect(client.rto).toBeGreaterThan(client.rtt);
    expect(client.sndMss).toBe(pair.client.getsockopt(IPPROTO_TCP, sockets.TCP_MAXSEG));
    expect(Object.values(client).every((value) => typeof value === 'string' || value >= 0)).toBe(true);
  });

  it('follows the state', () => {
    using listening = tcpListener();
    expect(tcpInfo(listening.listener).state).toBe('LISTEN');
    using socket = new Socket();
    expect(tcpInfo(socket).state).toBe('CLOSE');
    using pair = tcpPair();
    pair.client.shutdown('write');
    expect(pair.server.recv(1)).toHaveLength(0);
    expect(tcpInfo(pair.server).state).toBe('CLOSE_WAIT');
    expect(tcpInfo(pair.client).state).toMatch(/^FIN_WAIT[12]$/); // 2 once the kernel has acknowledged
  });

  it('has no later fields on an older kernel', () => {
    using pair = tcpPair();
    const older = {
      getsockopt: (...args: [number, number, number]) => pair.client.getsockopt(...args).subarray(0, 104),
    };
    expect(tcpInfo(older)).toMatchObject({ state: 'ESTABLISHED', totalRetrans: 0 });
    expect('pacingRate' in tcpInfo(older)).toBe(false);
  });

  it('is for TCP', () => {
    using socket = udpSocket();
    expect(() => tcpInfo(socket)).toThrow(expect.objectContaining({ name: 'OSError', syscall: 'getsockopt' }));
    const [a, b] = socketpair();
    expect(() => tcpInfo(a)).toThrow('ENOTSUP');
    a.close();
    b.close();
    expect(IPPROTO_UDP).toBe(17);
  });
});
