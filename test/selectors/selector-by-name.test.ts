import { describe, expect, it } from 'vitest';

import {
  DefaultSelector,
  EpollSelector,
  PollSelector,
  SelectSelector,
  Selector,
  selectorByName,
} from '../../lib/selectors/index.js';

describe('selectorByName', () => {
  it.each([
    ['select', SelectSelector],
    ['poll', PollSelector],
    ['epoll', EpollSelector],
  ])('returns the class for %s', (name, selectorClass) => {
    expect(selectorByName(name)).toBe(selectorClass);
    using selector = new (selectorByName(name))();
    expect(selector).toBeInstanceOf(Selector);
  });

  it.each(['kqueue', '', 'EPOLL', 'constructor', '__proto__'])('rejects %j and lists the names', (name) => {
    expect(() => selectorByName(name)).toThrow(
      expect.objectContaining({
        name: 'RangeError',
        code: 'ERR_OUT_OF_RANGE',
        message: `selector: expected one of select, poll, epoll, got ${JSON.stringify(name)}`,
      }),
    );
  });

  it('rejects a name that is not a string with a TypeError', () => {
    expect(() => selectorByName(undefined as unknown as string)).toThrow(TypeError);
  });
});

describe('DefaultSelector', () => {
  it('is epoll on Linux', () => {
    using selector = new DefaultSelector<string>();
    expect(selector).toBeInstanceOf(EpollSelector);
  });
});
