/** Everything that makes a file ready wakes an epoll that watches it. */

import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { useChecks } from '../../lib/simulation/kernel/checks.js';
import { OpenFile } from '../../lib/simulation/kernel/open-file.js';
import { UnixDatagram } from '../../lib/simulation/kernel/unix/datagram.js';
import { simulated } from './machine.js';
import { SCENES, type Scene } from './scenes.js';

/** Plays a scene. Returns what an epoll that watches the file reports before and after the event. */
function watched(scene: Scene): { fd: number; events: number; before: number; after: number[] } {
  using _checks = useChecks(true);
  const { calls } = simulated();
  const selector = new calls.EpollSelector();
  selector.open();
  const [fd, events, happens] = scene(calls);
  selector.register(fd, events);
  const ready = new Int32Array(8);
  const before = selector.select(0, ready);
  happens();
  const count = selector.select(0, ready);
  return { fd, events, before, after: [...ready.subarray(0, 2 * count)] };
}

/** Returns true if an epoll learns of the event. */
function learns(scene: Scene): boolean {
  try {
    return watched(scene).after.length > 0;
  } catch {
    return false; // an invariant is broken
  }
}

/** A function that wakes others, and where it is. */
interface Waker {
  readonly target: object;
  readonly name: string;
}

const WAKERS: readonly Waker[] = [
  { target: OpenFile.prototype, name: 'changed' },
  { target: UnixDatagram.prototype, name: 'wakeSenders' },
];

/** Returns the place that has called `called`. */
function callerOf(called: (...args: never[]) => unknown): string {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.prepareStackTrace = (_, [caller]) => caller;
  Error.stackTraceLimit = 1;
  const holder: { stack?: NodeJS.CallSite } = {};
  Error.captureStackTrace(holder, called);
  const site = holder.stack!;
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  return `${site.getFunctionName()} (${site.getFileName()}:${site.getLineNumber()}:${site.getColumnNumber()})`;
}

/** Until it is disposed of, passes the place of each wake-up to `happens`, which returns false to lose it. */
function onWakeUps(happens: (place: string) => boolean): Disposable {
  const restore = WAKERS.map(({ target, name }) => {
    const original = Object.getOwnPropertyDescriptor(target, name)!;
    const wake = original.value as (this: unknown) => void;
    function decided(this: unknown): void {
      if (happens(callerOf(decided))) wake.call(this);
    }
    Object.defineProperty(target, name, { ...original, value: decided });
    return () => Object.defineProperty(target, name, original);
  });
  return {
    [Symbol.dispose]() {
      for (const each of restore) each();
    },
  };
}

/** Counts the calls that wake others in the sources of the kernel. */
function wakeUpsInSources(): number {
  const folder = fileURLToPath(new URL('../../lib/simulation/', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const sources = files.map((name) => readFileSync(folder + name, 'utf8'));
  return sources.join('\n').match(/\.(changed|wakeSenders)\(\)/g)!.length;
}

describe('epoll learns of', () => {
  it.each(Object.entries(SCENES))('%s', (_name, scene) => {
    const { fd, events, before, after } = watched(scene);
    expect(before).toBe(0);
    expect(after).toEqual([fd, events]);
  });
});

describe('a wake-up that is lost', () => {
  it('is noticed, whichever it is', () => {
    const scenes = Object.values(SCENES);
    const places = new Set<string>();
    {
      using _ = onWakeUps((place) => places.add(place) !== null);
      for (const scene of scenes) learns(scene);
    }
    expect(places.size).toBe(wakeUpsInSources());
    const unnoticed = [...places].filter((lost) => {
      using _ = onWakeUps((place) => place !== lost);
      return scenes.every(learns);
    });
    expect(unnoticed).toEqual([]);
  });
});
