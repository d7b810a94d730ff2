/** The open descriptors of this process. */

import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate as nextIteration, setTimeout as sleep } from 'node:timers/promises';

/** Returns what each open descriptor refers to, without its number where the kernel counts. */
export function openDescriptors(): Map<number, string> {
  const open = new Map<number, string>();
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      open.set(Number(name), readlinkSync(`/proc/self/fd/${name}`).replace(/\[\d+\]/, ''));
    } catch {
      // The descriptor of the folder itself is closed again.
    }
  }
  return open;
}

const SETTLE_MS = 10_000;

/**
 * Describes the descriptors that are open and were not before; null if there are none.
 *
 * Threads and finalizers get ten seconds to close theirs, which a busy machine may need.
 */
export async function leftOpenAfterSettling(before: ReadonlyMap<number, string>): Promise<string | null> {
  for (const end = performance.now() + SETTLE_MS; ;) {
    await nextIteration();
    const left = leftOpen(before);
    if (left === null || performance.now() > end) return left;
    globalThis.gc?.();
    await sleep(10);
  }
}

function leftOpen(before: ReadonlyMap<number, string>): string | null {
  // Closing a standard stream leaves /dev/null in its place.
  const isLeft = (fd: number, target: string): boolean => fd > 2 && before.get(fd) !== target;
  const left = [...openDescriptors()].filter(([fd, target]) => isLeft(fd, target)).map(([, target]) => target);
  return left.length === 0 ? null : `leaves ${left.length} descriptors open: ${left.sort().join(', ')}`;
}
