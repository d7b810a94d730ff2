/** `selectloop/selectors`: waits until one of many descriptors is ready. */

export { DefaultSelector } from './default-selector.js';
export { EpollSelector } from './epoll-selector.js';
export { EVENT_READ, EVENT_WRITE } from './events.js';
export type { FileObject } from './file-object.js';
export { PollSelector } from './poll-selector.js';
export { SelectSelector } from './select-selector.js';
export { type SelectorClass, type SelectorName, selectorByName } from './selector-by-name.js';
export type { SelectorKey } from './selector-key.js';
export { Selector } from './selector.js';
