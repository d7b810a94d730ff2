/** The bookkeeping that every selector shares, on one in memory, which also shows all that a subclass has to implement. */

import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { EVENT_READ, EVENT_WRITE } from '../../lib/selectors/events.js';
import { Selector } from '../../lib/selectors/selector.js';

const BOTH = EVENT_READ | EVENT_WRITE;

/** Reports as ready, and refuses, what the test says. */
class MemorySelector<D = unknown> extends Selector<D> {
  readonly watched = new Map<number, number>();
  readonly calls: string[] = [];
  ready: Array<[fd: number, events: number]> = [];
  refuse: Error | null = null;
  room = 0;

  protected override registerDescriptor(fd: number, events: number): void {
    this.calls.push(`register ${fd} ${events}`);
    if (this.refuse) throw this.refuse;
    this.watched.set(fd, events);
  }
  protected override modifyDescriptor(fd: number, events: number): void {
    this.calls.push(`modify ${fd} ${events}`);
    this.watched.delete(fd);
    if (this.refuse) throw this.refuse;
    this.watched.set(fd, events);
  }
  protected override unregisterDescriptor(fd: number): void {
    this.calls.push(`unregister ${fd}`);
    this.watched.delete(fd);
  }
  protected override waitForEvents(timeoutMs: number, ready: Int32Array): number {
    this.calls.push(`wait ${timeoutMs}`);
    this.room = ready.length / 2;
    this.ready.forEach(([fd, events], i) => ready.set([fd, events], 2 * i));
    return this.ready.length;
  }
  protected override closeSelector(): void {
    this.calls.push('close');
  }
}

describe('registering with a selector', () => {
  it('returns a key with the file object, its descriptor, the events and the data', () => {
    const selector = new MemorySelector<string>();
    const file = { fileno: () => 7 };
    const key = selector.register(file, EVENT_READ, 'data');
    expect(key).toMatchObject({ fileobj: file, fd: 7, events: EVENT_READ, data: 'data' });
    expect(selector.getKey(file)).toBe(key);
    expect(selector.getKey(7)).toBe(key);
    expect(selector.getMap().get(7)).toBe(key);
  });

  it('refuses a registered descriptor with EEXIST', () => {
    const selector = new MemorySelector();
    selector.register(7, EVENT_READ);
    expect(() => selector.register({ fileno: () => 7 }, EVENT_WRITE)).toThrow(
      expect.objectContaining({
        name: 'SelectorError',
        code: 'EEXIST',
        message: expect.stringContaining('7') as string,
      }),
    );
    expect(selector.getKey(7).events).toBe(EVENT_READ);
  });

  it('leaves no key when the kernel refuses', () => {
    const selector = new MemorySelector();
    selector.refuse = new Error('refused');
    expect(() => selector.register(7, EVENT_READ)).toThrow('refused');
    expect(selector.getMap().size).toBe(0);
    selector.refuse = null;
    selector.register(7, EVENT_READ);
  });

  it.each([0, 4, -1, 1.5, NaN])('rejects the events %d with a RangeError', (events) => {
    const selector = new MemorySelector();
    expect(() => selector.register(7, events)).toThrow(RangeError);
    selector.register(7, EVENT_READ);
    expect(() => selector.modify(7, events)).toThrow(/events: expected EVENT_READ .*, got/);
    expect(selector.getKey(7).events).toBe(EVENT_READ);
  });

  it('rejects events that are not a number with a TypeError', () => {
    const selector = new MemorySelector();
    for (const events of ['1', null, undefined, {}]) {
      expect(() => selector.register(7, events as number)).toThrow(TypeError);
    }
  });

  it.each([
    ['a negative number', -1],
    ['a fraction', 1.5],
    ['NaN', NaN],
    ['a number no descriptor can have', 2 ** 31],
    ['null', null],
    ['undefined', undefined],
    ['text', '7'],
    ['an object without fileno()', {}],
    ['a fileno that is not a function', { fileno: 7 }],
    ['a fileno() that returns text', { fileno: () => '7' }],
    ['a fileno() that returns a fraction', { fileno: () => 1.5 }],
    ['a closed file object', { fileno: () => -1 }],
  ])('rejects %s as a file object with a TypeError', (_, fileobj) => {
    const selector = new MemorySelector();
    expect(() => selector.register(fileobj as unknown as number, EVENT_READ)).toThrow(TypeError);
    expect(() => selector.register(fileobj as unknown as number, EVENT_READ)).toThrow(/^fileobj.*: expected .*, got /);
    expect(selector.calls).toEqual([]);
  });

  it('passes on an error of fileno()', () => {
    const broken = {
      fileno: (): number => {
        throw new Error('mine');
      },
    };
    expect(() => new MemorySelector().register(broken, EVENT_READ)).toThrow('mine');
  });
});

describe('unregistering from a selector', () => {
  it('returns the key and removes it', () => {
    const selector = new MemorySelector();
    const key = selector.register(7, EVENT_READ);
    expect(selector.unregister(7)).toBe(key);
    expect(selector.watched.size).toBe(0);
    expect(() => selector.getKey(7)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => selector.unregister(7)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('finds a closed file object by identity', () => {
    const selector = new MemorySelector();
    const file = { fd: 7, fileno: () => file.fd };
    selector.register({ fileno: () => 6 }, EVENT_READ);
    const key = selector.register(file, EVENT_READ);
    file.fd = -1;
    expect(selector.getKey(file)).toBe(key);
    expect(selector.modify(file, EVENT_WRITE).fd).toBe(7);
    expect(selector.unregister(file).fd).toBe(7);
    expect([...selector.getMap().keys()]).toEqual([6]);
    expect(() => selector.unregister(file)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

describe('modifying a registration', () => {
  it('returns a new key and does not change the old one', () => {
    const selector = new MemorySelector<string>();
    const old = selector.register(7, EVENT_READ, 'a');
    const key = selector.modify(7, BOTH, 'b');
    expect(key).toMatchObject({ fd: 7, events: BOTH, data: 'b' });
    expect(selector.getKey(7)).toBe(key);
    expect(old).toMatchObject({ events: EVENT_READ, data: 'a' });
    expect(selector.watched.get(7)).toBe(BOTH);
  });

  it('with the same events replaces the data without a system call', () => {
    const selector = new MemorySelector<string>();
    selector.register(7, EVENT_READ, 'a');
    selector.calls.length = 0;
    selector.modify(7, EVENT_READ, 'b');
    expect(selector.getKey(7).data).toBe('b');
    expect(selector.calls).toEqual([]);
  });

  it('unregisters and throws when the kernel refuses', () => {
    const selector = new MemorySelector();
    selector.register(7, EVENT_READ);
    selector.refuse = new Error('refused');
    expect(() => selector.modify(7, EVENT_WRITE)).toThrow('refused');
    expect(selector.getMap().has(7)).toBe(false);
  });

  it('refuses an object that is not registered with ENOENT', () => {
    expect(() => new MemorySelector().modify(7, EVENT_READ)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

describe('the map of a selector', () => {
  it('is a live, ordered, read-only view', () => {
    const selector = new MemorySelector();
    const map = selector.getMap();
    expect(map.size).toBe(0);
    selector.register(9, EVENT_READ);
    const key = selector.register(3, EVENT_WRITE);
    expect(map.size).toBe(2);
    expect([...map.keys()]).toEqual([3, 9]);
    expect([...map].map(([fd, { events }]) => [fd, events])).toEqual([
      [3, EVENT_WRITE],
      [9, EVENT_READ],
    ]);
    expect([...map.values()][0]).toBe(key);
    expect([...map.entries()]).toHaveLength(2);
    const seen: number[] = [];
    map.forEach((each, fd, self) => {
      expect(each.fd).toBe(fd);
      expect(self).toBe(map);
      seen.push(fd);
    });
    expect(seen).toEqual([3, 9]);
    expect([map.has(3), map.has(4), map.has(-1), map.get(4)]).toEqual([true, false, false, undefined]);
    selector.unregister(3);
    expect([...map.keys()]).toEqual([9]);
    expect(inspect(map)).toMatch(/^Map\(1\) \{\s*9 => Registration/);
  });

  it('holds descriptors of any number', () => {
    const selector = new MemorySelector();
    for (const fd of [2 ** 31 - 1, 2_000_000, 5000, 0]) selector.register(fd, EVENT_READ);
    expect([...selector.getMap().keys()].sort((a, b) => a - b)).toEqual([0, 5000, 2_000_000, 2 ** 31 - 1]);
    selector.unregister(2_000_000);
    expect([selector.getMap().size, selector.getMap().has(2_000_000)]).toEqual([3, false]);
  });
});

describe('select', () => {
  it('passes on the timeout: null and undefined are infinite, zero and less poll', () => {
    const selector = new MemorySelector();
    for (const timeoutMs of [null, undefined, Infinity, 0, -5, -0.1, -Infinity, 0.25, 1000]) selector.select(timeoutMs);
    expect(selector.calls).toEqual(['-1', '-1', '-1', '0', '0', '0', '0', '0.25', '1000'].map((ms) => `wait ${ms}`));
  });

  it.each([
    ['1', TypeError],
    [{}, TypeError],
    [1n, TypeError],
    [NaN, RangeError],
  ])('rejects the timeout %s', (timeoutMs, errorClass) => {
    const selector = new MemorySelector();
    expect(() => selector.select(timeoutMs as unknown as number)).toThrow(errorClass);
    expect(() => selector.select(timeoutMs as unknown as number)).toThrow(/^timeoutMs: expected .*, got/);
    expect(selector.calls).toEqual([]);
  });

  it('reports only registered events and only registered descriptors', () => {
    const selector = new MemorySelector();
    const reader = selector.register(3, EVENT_READ);
    selector.register(4, EVENT_WRITE);
    const both = selector.register(5, BOTH);
    selector.ready = [[3, BOTH], [4, EVENT_READ], [5, BOTH], [6, BOTH]]; // prettier-ignore
    expect(selector.select(0)).toEqual([[reader, EVENT_READ], [both, BOTH]]); // prettier-ignore
    expect(selector.selectEach(0, () => {})).toBe(2);
  });

  it.each([0, -1, 1.5, Number.NaN, '1', null, {}, new Proxy({}, {})])(
    'selectEach rejects %o as its maximum',
    (most) => {
      const selector = new MemorySelector();
      expect(() => selector.selectEach(0, () => {}, most as number)).toThrow(
        'most: expected a positive integer or Infinity, got',
      );
    },
  );

  it('selectEach rejects a visit that is not a function', () => {
    const selector = new MemorySelector();
    expect(() => selector.selectEach(0, undefined as unknown as () => void)).toThrow(
      /^visit: expected a function, got/,
    );
  });

  it('has room for every registered descriptor', () => {
    const selector = new MemorySelector();
    selector.select(0);
    expect(selector.room).toBe(128);
    for (let fd = 0; fd < 1000; fd++) selector.register(fd, EVENT_READ);
    selector.select(0);
    expect(selector.room).toBeGreaterThanOrEqual(1000);
    for (let fd = 1000; fd < 70_000; fd++) selector.register(fd, EVENT_READ);
    selector.select(0);
    expect(selector.room).toBe(65_536);
  });
});

describe('a callback of selectEach', () => {
  const visitedBy = (selector: MemorySelector, act: (fd: number) => void): number[] => {
    const visited: number[] = [];
    selector.selectEach(0, (key) => {
      visited.push(key.fd);
      act(key.fd);
    });
    return visited;
  };
  const threeReady = (): MemorySelector => {
    const selector = new MemorySelector();
    for (const fd of [3, 4, 5]) selector.register(fd, BOTH);
    selector.ready = [[3, BOTH], [4, BOTH], [5, BOTH]]; // prettier-ignore
    return selector;
  };

  it('may unregister: a key later in the batch is no longer visited', () => {
    const selector = threeReady();
    expect(visitedBy(selector, (fd) => fd === 3 && selector.unregister(4))).toEqual([3, 5]);
  });

  it('may register a number again: the events of the old file are not delivered to the new one', () => {
    const selector = threeReady();
    const visited = visitedBy(selector, (fd) => {
      if (fd !== 3) return;
      selector.unregister(4);
      selector.register(4, BOTH);
    });
    expect(visited).toEqual([3, 5]);
    expect(visitedBy(selector, () => {})).toEqual([3, 4, 5]);
  });

  it('may modify a later descriptor, which is then visited with the new key and only the events that it is still registered for', () => {
    const selector = threeReady();
    const seen: Array<[number, number, unknown]> = [];
    selector.selectEach(0, (key, events) => {
      seen.push([key.fd, events, key.data]);
      if (key.fd === 3) selector.modify(4, EVENT_WRITE, 'new');
    });
    expect(seen).toEqual([[3, BOTH, undefined], [4, EVENT_WRITE, 'new'], [5, BOTH, undefined]]); // prettier-ignore
  });

  it('may close the selector', () => {
    const selector = threeReady();
    expect(visitedBy(selector, () => selector.close())).toEqual([3]);
  });

  it('may select again', () => {
    const selector = threeReady();
    const inner: number[][] = [];
    const outer = visitedBy(selector, (fd) => {
      if (fd !== 3) return;
      selector.ready = [[5, BOTH]];
      inner.push(visitedBy(selector, () => {}));
    });
    expect(outer).toEqual([3, 4, 5]);
    expect(inner).toEqual([[5]]);
  });

  it('that throws ends the batch and leaves the selector usable', () => {
    const selector = threeReady();
    const fail = (): never => {
      throw new Error('mine');
    };
    expect(() => selector.selectEach(0, fail)).toThrow('mine');
    expect(visitedBy(selector, () => {})).toEqual([3, 4, 5]);
  });
});

describe('closing a selector', () => {
  it('empties the map, is idempotent, and refuses everything afterwards', () => {
    const selector = new MemorySelector();
    selector.register(7, EVENT_READ);
    const map = selector.getMap();
    selector.close();
    selector.close();
    expect(selector.calls.filter((call) => call === 'close')).toHaveLength(1);
    expect(map.size).toBe(0);
    expect(map.get(7)).toBeUndefined();
    expect(selector.getMap().size).toBe(0);
    const uses: Array<() => unknown> = [
      () => selector.register(7, EVENT_READ),
      () => selector.unregister(7),
      () => selector.modify(7, EVENT_READ),
      () => selector.getKey(7),
      () => selector.select(0),
      () => selector.selectEach(0, () => {}),
    ];
    for (const use of uses) expect(use).toThrow(expect.objectContaining({ code: 'ERR_SELECTOR_CLOSED' }));
  });

  it('happens at the end of a using block', () => {
    const calls = (() => {
      using selector = new MemorySelector();
      return selector.calls;
    })();
    expect(calls).toEqual(['close']);
  });
});

it('getMap returns a view without a way to change the keys', () => {
  using selector = new MemorySelector();
  selector.register(7, EVENT_READ);
  const map = selector.getMap() as unknown as Record<string, unknown>;
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(map)).sort();
  expect(methods).toEqual(['constructor', 'entries', 'forEach', 'get', 'has', 'keys', 'size', 'values']);
  expect(() => {
    map['size'] = 0;
  }).toThrow(TypeError);
  expect([...selector.getMap().keys()]).toEqual([7]);
});
