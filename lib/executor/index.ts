export type { Executor } from './executor.js';
export { runInExecutor, setDefaultExecutor, toThread } from './run-in-executor.js';
export { WorkerPool, type WorkerPoolOptions } from './worker-pool.js';
