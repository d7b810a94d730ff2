export { type GatherOptions, type Gathered, gather } from './gather.js';
export { sleep } from './sleep.js';
