/** A simulated kernel and its calls, for tests. */

import type { NativeAddress, NativeBinding } from '../../lib/native/contract.js';
import { simulatedBinding } from '../../lib/simulation/binding.js';
import { Kernel, type KernelOptions } from '../../lib/simulation/kernel/kernel.js';

export const AF_UNIX = 1;
export const AF_INET = 2;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;

export interface Simulated {
  readonly kernel: Kernel;
  readonly calls: NativeBinding;
}

export function simulated(options: KernelOptions = {}): Simulated {
  const kernel = new Kernel(options);
  return { kernel, calls: simulatedBinding(kernel) };
}

export const inet = (host: string, port: number): NativeAddress => ({
  family: AF_INET,
  host,
  port,
  flowInfo: 0,
  scopeId: 0,
  path: '',
});

export const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** Sends a text. Returns what the call returns. */
export const send = (calls: NativeBinding, fd: number, text: string, flags = 0): number =>
  calls.send(fd, bytes(text), 0, text.length, flags);

/** Receives up to 1000 bytes. Returns them as a text, or the error. */
export function recv(calls: NativeBinding, fd: number, flags = 0): string | number {
  const data = new Uint8Array(1000);
  const count = calls.recv(fd, data, 0, data.length, flags);
  return count < 0 ? count : Buffer.from(data.subarray(0, count)).toString('latin1');
}

/** Returns two connected descriptors. */
export function socketpair(calls: NativeBinding, type = SOCK_STREAM): [number, number] {
  const pair = new Int32Array(2);
  if (calls.socketpair(AF_UNIX, type, 0, pair) < 0) throw new Error('no socketpair');
  return [pair[0]!, pair[1]!];
}

/** Runs a call on another host. */
export function on<T>({ kernel }: Simulated, host: Kernel['host'], call: () => T): T {
  const before = kernel.host;
  kernel.host = host;
  try {
    return call();
  } finally {
    kernel.host = before;
  }
}
