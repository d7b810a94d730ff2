/** What a process holds, as the campaign scripts compare it before and after. */

import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** The open descriptors of this process as `number -> target`. The one that lists the folder is left out. */
export function openDescriptors() {
  const open = new Map();
  for (const number of readdirSync('/proc/self/fd')) {
    try {
      open.set(Number(number), readlinkSync(`/proc/self/fd/${number}`));
    } catch {
      // The descriptor of the listing itself.
    }
  }
  return open;
}

/** The descriptors in `now` that are not in `before`, as text. */
export function newDescriptors(before, now = openDescriptors()) {
  return [...now]
    .filter(([number, target]) => before.get(number) !== target)
    .map(([number, target]) => `${number} -> ${target}`);
}

/** A list as text; of a long one the beginning and the length. */
export function someOf(list) {
  const some = list.slice(0, 10).join(', ');
  return list.length <= 10 ? some : `${some} and ${list.length - 10} more`;
}

export function threadCount() {
  return readdirSync('/proc/self/task').length;
}

/** The children of this process, as `pid (name) state`; zombies have the state Z. */
export function childProcesses() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, name, state, parent] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
        return Number(parent) === process.pid ? [`${pid} (${name}) ${state}`] : [];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}

/** Waits until `condition` holds, for at most `limitMs`. Returns whether it does. Collects no garbage: a descriptor that waits for it has leaked. */
export async function settles(condition, limitMs) {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** The environment for a program under test: vitest's and the caller's options for Node are not for it. */
export function environmentWith(variables = {}) {
  const env = { ...process.env, NO_COLOR: '1', ...variables };
  delete env.NODE_OPTIONS;
  return env;
}
