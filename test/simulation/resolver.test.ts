/** Names on the simulated network. */

import {
  gather,
  getRunningLoop,
  getaddrinfo,
  getnameinfo,
  openConnection,
  runSync,
  sleep,
  startServer,
} from 'selectloop';
import { simulate } from 'selectloop/simulation';
import { afterEach, describe, expect, it } from 'vitest';

import { native, useBinding } from '../../lib/native/binding.js';
import type { NativeBinding } from '../../lib/native/contract.js';
import { type Simulated, inet, simulated } from './machine.js';

const C = native.constants;
const MS = 1_000_000;

type Query = Parameters<NativeBinding['resolve']>;
const query = (
  host: string | null,
  service: string | null = '80',
  family = 0,
  type = 0,
  protocol = 0,
  flags = 0,
): Query => [host, service, family, type, protocol, flags];

/** Queries that need no name server. Their answers are the same on every machine. */
const NUMERIC: readonly Query[] = [
  ...[0, C.AF_INET!, C.AF_INET6!, C.AF_UNIX!].flatMap((family) => [
    query('127.0.0.1', '80', family),
    query('::1', '80', family),
    query('::ffff:1.2.3.4', '80', family),
    query('127.0.0.1', '80', family, C.SOCK_STREAM, 0, C.AI_V4MAPPED),
    query(null, '80', family, C.SOCK_STREAM),
    query(null, '80', family, C.SOCK_STREAM, 0, C.AI_PASSIVE),
  ]),
  ...[C.SOCK_STREAM!, C.SOCK_DGRAM!, C.SOCK_RAW!, 99].map((type) => query('1.2.3.4', '0', 0, type)),
  ...[C.IPPROTO_TCP!, C.IPPROTO_UDP!, 1].map((protocol) => query('1.2.3.4', '0', 0, 0, protocol)),
  query('1.2.3.4', '0', 0, C.SOCK_STREAM, C.IPPROTO_UDP),
  query('1.2.3.4', '0', 0, C.SOCK_DGRAM, C.IPPROTO_UDP),
  query('1.2.3.4', null, 0, C.SOCK_STREAM),
  query('1.2.3.4', null, 0, C.SOCK_RAW, 1),
  query('1.2.3.4', '70000', 0, C.SOCK_STREAM),
  query('1.2.3.4', '80', 0, C.SOCK_STREAM, 0, C.AI_CANONNAME),
  query('0001:0::1', '80', 0, C.SOCK_STREAM),
  query('not.numeric', '80', 0, C.SOCK_STREAM, 0, C.AI_NUMERICHOST),
  query(null, null),
  query(null, '80', 0, C.SOCK_STREAM, 0, C.AI_CANONNAME),
  query('a\0b'),
];

function answerOf(calls: NativeBinding, args: Query): unknown {
  const resolution = calls.resolve(...args);
  if (typeof resolution === 'number') return resolution;
  calls.wait(resolution.fileno(), 1, 10_000);
  const answer = resolution.result();
  resolution.close();
  return answer;
}

let below: Disposable | null = null;

function world(): Simulated {
  const machine = simulated();
  machine.kernel.addHost('server', ['10.0.0.1', 'fd00::1']);
  below = useBinding(machine.calls);
  return machine;
}

afterEach(() => {
  below?.[Symbol.dispose]();
  below = null;
});

describe('getaddrinfo on the simulated kernel', () => {
  it.each(NUMERIC.map((each) => [JSON.stringify(each), each] as const))('answers %s as Linux does', (_name, each) => {
    expect(answerOf(simulated().calls, each)).toEqual(answerOf(native, each));
  });

  it('finds the hosts of the network by their names, in the time that a lookup takes', () => {
    const { kernel } = world();
    kernel.names.latencyNs = 30 * MS;
    const { hosts, elapsedMs } = runSync(function* () {
      const [all, ipv4] = yield* gather([
        getaddrinfo('SERVER', 80),
        getaddrinfo('server', 80, { family: C.AF_INET!, type: C.SOCK_STREAM! }),
      ]);
      const list = [all, ipv4].map((each) => [
        ...new Set(each.map(({ address }) => (address as { host: string }).host)),
      ]);
      return { hosts: list, elapsedMs: getRunningLoop().time() };
    });
    expect(hosts).toEqual([['10.0.0.1', 'fd00::1'], ['10.0.0.1']]);
    expect(elapsedMs).toBe(30);
  });

  it('fails with ENOTFOUND for an unknown name, and EAI_AGAIN if the name server does not answer', () => {
    const { kernel } = world();
    const codeOf = (name: string): unknown => {
      try {
        return runSync(() => getaddrinfo(name, 80));
      } catch (error) {
        return (error as { code: unknown }).code;
      }
    };
    expect(codeOf('no.such.host')).toBe('ENOTFOUND');
    kernel.names.answers = (name) => name !== 'server';
    expect(codeOf('server')).toBe('EAI_AGAIN');
  });

  it('leaves nothing open, also if the answer is not awaited', () => {
    const { kernel, calls } = simulated();
    const before = [...kernel.descriptors.entries()].length;
    const resolution = calls.resolve(...query('localhost'));
    if (typeof resolution === 'number') throw new Error('refused');
    expect(resolution.result()).toBeNull();
    resolution.close();
    expect([...kernel.descriptors.entries()]).toHaveLength(before);
    expect(kernel.clock.nextTime).toBeNull();
  });
});

describe('the programs of a simulation', () => {
  it('find other hosts by name', () => {
    const heard: string[] = [];
    const outcome = simulate({ seeds: 3 }, (world) => {
      world.host('server', function* () {
        const server = yield* startServer((_, writer) => writer.close(), 'server', 7000);
        yield* server.serveForever();
      });
      return world.host('client', function* () {
        yield* sleep(10);
        const { reader, writer } = yield* openConnection('server', 7000);
        heard.push(String(yield* reader.read()));
        writer.close();
        yield* writer.waitClosed();
      });
    });
    if (outcome.failure !== null) throw outcome.failure;
    expect(heard.length).toBeGreaterThanOrEqual(3);
  });
});

describe('getnameinfo on the simulated kernel', () => {
  it('finds the name of a host, or its address', () => {
    world();
    const names = runSync(() =>
      gather([
        getnameinfo({ host: '10.0.0.1', port: 80 }),
        getnameinfo({ host: '10.0.0.1', port: 80 }, { numericHost: true }),
        getnameinfo({ host: '10.9.9.9', port: 80 }),
      ]),
    );
    expect(names.map(({ host, service }) => `${host} ${service}`)).toEqual(['server 80', '10.0.0.1 80', '10.9.9.9 80']);
    expect(() => runSync(() => getnameinfo({ host: '10.9.9.9', port: 80 }, { nameRequired: true }))).toThrow(
      'ENOTFOUND',
    );
  });

  it('answers for a numeric address as Linux does', () => {
    const answers = [native, simulated().calls].map((calls) => {
      const lookup = calls.lookUpName(inet('127.0.0.1', 7), 1 | 2);
      if (typeof lookup === 'number') return lookup;
      calls.wait(lookup.fileno(), 1, 10_000);
      const answer = lookup.result();
      lookup.close();
      return answer;
    });
    expect(answers[1]).toEqual(answers[0]);
  });
});
