/** The calls of a simulated kernel, with a callback after each: for the list of system calls, and to notice what they have changed. */

import { linuxConstantsLike, ERROR_NAME } from '../platform/linux-constants.js';
import type { NativeAddress, NativeBinding, NativeSelector } from '../native/contract.js';
import { AF_UNIX } from '../simulation/kernel/numbers.js';

type AnyCall = (...args: unknown[]) => unknown;

let names: Map<number, string> | null = null;

/** Returns "ECONNREFUSED" for -111. */
function errorName(result: number): string {
  names ??= new Map(Object.entries(linuxConstantsLike(ERROR_NAME)).map(([name, errno]) => [-errno, name]));
  return names.get(result) ?? String(result);
}

function argumentText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return `${value.length} buffers`;
  // The library uses one object for all calls, in which the text of another family may be left.
  const { family, host, port, path } = value as NativeAddress;
  return family === AF_UNIX ? path.replace('\0', '@') : `${host}:${port}`;
}

const resultText = (result: unknown): string =>
  typeof result === 'number' && result < 0 ? errorName(result) : typeof result === 'number' ? String(result) : 'done';

/** Addresses that a call fills in say nothing before it. */
const FILLS_ADDRESS = new Set(['accept', 'getsockname', 'getpeername', 'recvFrom', 'recvMsg', 'decodeAddress']);

function callText(name: string, args: readonly unknown[], result: unknown): string {
  const shown = FILLS_ADDRESS.has(name)
    ? args.filter((each) => typeof each !== 'object' || ArrayBuffer.isView(each))
    : args;
  return `${name}(${shown.map(argumentText).join(', ')}) = ${resultText(result)}`;
}

/** What is not a system call, or of no interest. */
const SILENT = new Set([
  'now',
  'adopt',
  'disown',
  'adoptCreated',
  'encodeAddress',
  'decodeAddress',
  'Host',
  'LibuvEdges',
]);

/**
 * Returns a binding that makes the same calls.
 *
 * @param beforeWait called before a selector waits; what it throws ends the wait
 * @param after called after each call, with its text
 */
export function loggedCalls(
  binding: NativeBinding,
  beforeWait: () => void,
  after: (text: string) => void,
): NativeBinding {
  const logged: Record<string, unknown> = { ...binding };
  for (const [name, call] of Object.entries(binding as unknown as Record<string, unknown>)) {
    if (typeof call !== 'function' || SILENT.has(name)) continue;
    logged[name] = name.endsWith('Selector')
      ? loggedSelector(name, call as new () => NativeSelector, beforeWait, after)
      : (...args: unknown[]): unknown => {
          const result = (call as AnyCall)(...args);
          after(callText(name, args, result));
          return result;
        };
  }
  return logged as unknown as NativeBinding;
}

/** Returns a class of selectors whose waits and registrations are logged. */
function loggedSelector(
  name: string,
  base: new () => NativeSelector,
  beforeWait: () => void,
  after: (text: string) => void,
): new () => NativeSelector {
  const call = name.replace('Selector', '').toLowerCase();
  const control = call === 'epoll' ? 'epoll_ctl' : `${call}, for the next wait:`;
  const wait = call === 'epoll' ? 'epoll_wait' : call;
  const events = ['', 'IN', 'OUT', 'IN|OUT'];
  return class extends base {
    override register(fd: number, mask: number): number {
      const result = super.register(fd, mask);
      after(`${control}(ADD, ${fd}, ${events[mask] ?? ''}) = ${resultText(result)}`);
      return result;
    }

    override modify(fd: number, mask: number): number {
      const result = super.modify(fd, mask);
      after(`${control}(MOD, ${fd}, ${events[mask] ?? ''}) = ${resultText(result)}`);
      return result;
    }

    override unregister(fd: number): number {
      const result = super.unregister(fd);
      after(`${control}(DEL, ${fd}) = ${resultText(result)}`);
      return result;
    }

    override select(timeoutMs: number, ready: Int32Array): number {
      beforeWait();
      const result = super.select(timeoutMs, ready);
      after(`${wait}(${timeoutMs < 0 ? 'no timeout' : `${timeoutMs} ms`}) = ${resultText(result)}`);
      return result;
    }
  };
}
