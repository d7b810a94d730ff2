import { describe, expect, it } from 'vitest';

import { type Linked, LinkedList } from '../../lib/collections/linked-list.js';

class Item implements Linked {
  _previous: Linked | null = null;
  _next: Linked | null = null;
  constructor(readonly name: string) {}
}

const names = (list: LinkedList<Item>): string => [...list].map(({ name }) => name).join('');

describe('LinkedList', () => {
  it('keeps the order of addition, wherever an item is removed', () => {
    const list = new LinkedList<Item>();
    const items = ['a', 'b', 'c', 'd', 'e'].map((name) => new Item(name));
    for (const item of items) list.add(item);
    expect([list.size, names(list)]).toEqual([5, 'abcde']);
    for (const [index, left] of [
      [2, 'abde'],
      [0, 'bde'],
      [4, 'bd'],
      [3, 'b'],
      [1, ''],
    ] as const) {
      list.delete(items[index]!);
      expect([list.size, names(list)]).toEqual([left.length, left]);
    }
  });

  it('removes an item only once, and appends it again at the end', () => {
    const list = new LinkedList<Item>();
    const [a, b] = [new Item('a'), new Item('b')];
    list.delete(a);
    list.add(a);
    list.add(b);
    list.delete(a);
    list.delete(a);
    expect([list.size, names(list)]).toEqual([1, 'b']);
    list.add(a);
    expect([list.size, names(list)]).toEqual([2, 'ba']);
  });

  it('can be walked from its first item', () => {
    const list = new LinkedList<Item>();
    const [a, b] = [new Item('a'), new Item('b')];
    expect(list.first).toBeNull();
    list.add(a);
    list.add(b);
    expect([list.first, list.after(a), list.after(b)]).toEqual([a, b, null]);
    list.delete(a);
    expect(list.first).toBe(b);
  });

  it('drops all references when it is cleared', () => {
    const list = new LinkedList<Item>();
    const items = [new Item('a'), new Item('b')];
    for (const item of items) list.add(item);
    list.clear();
    expect([list.size, names(list)]).toEqual([0, '']);
    expect(items).toMatchObject([
      { _previous: null, _next: null },
      { _previous: null, _next: null },
    ]);
    list.delete(items[0]!); // as when a task ends after its loop was closed
    list.add(items[1]!);
    expect(names(list)).toBe('b');
  });
});
