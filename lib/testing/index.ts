/** `selectloop/testing`: programs in virtual time, in a random order, and in an order of the test's choice. */

export { type StreamPair, memoryPair } from './memory-pair.js';
export { MemorySelector } from './memory-selector.js';
export { Sequencer } from './sequencer.js';
export { shuffleHandles } from './shuffle.js';
export { VirtualClock } from './virtual-clock.js';
export { type VirtualLoopOptions, virtualLoop } from './virtual-loop.js';
export { waitAllTasksBlocked } from './wait-all-tasks-blocked.js';
