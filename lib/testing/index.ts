/** `selectloop/testing`: runs programs in virtual time, in random order, or in an order chosen by the test. */

export { type StreamPair, memoryPair } from './memory-pair.js';
export { MemorySelector } from './memory-selector.js';
export { Sequencer } from './sequencer.js';
export { shuffleHandles } from './shuffle.js';
export { VirtualClock } from './virtual-clock.js';
export { type VirtualLoopOptions, virtualLoop } from './virtual-loop.js';
export { waitAllTasksBlocked } from './wait-all-tasks-blocked.js';
