/** A resolver under the test's control: how many addresses `localhost` has depends on the machine. */

import { isIPv6 } from 'node:net';

import { AF_INET, AF_INET6, SOCK_STREAM, socketpair } from 'selectloop/sockets';
import { vi } from 'vitest';

import { native } from '../../lib/native/binding.js';
import type { NativeResolution } from '../../lib/native/contract.js';

/**
 * Until it leaves its scope, every name has these addresses. The fake replaces the addon's resolver thread, so the test runs all the
 * code above it: the wait for a descriptor, the conversion of the result, the connection attempts.
 */
export function fakeResolver(hosts: readonly string[]): Disposable {
  const spy = vi.spyOn(native, 'resolve').mockImplementation(() => {
    const [done, thread] = socketpair();
    thread.send(Buffer.of(1));
    const resolution = {
      fileno: () => done.fileno(),
      result: () => hosts.map((host) => entryFor(host)),
      close: () => {
        done.close();
        thread.close();
      },
    };
    return resolution as unknown as NativeResolution;
  });
  return { [Symbol.dispose]: () => spy.mockRestore() };
}

function entryFor(host: string): Record<string, unknown> {
  const family = isIPv6(host) ? AF_INET6 : AF_INET;
  return {
    family,
    type: SOCK_STREAM,
    protocol: 6,
    host,
    port: 0,
    flowInfo: 0,
    scopeId: 0,
    path: '',
    canonicalName: '',
  };
}
