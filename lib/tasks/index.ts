export { Coroutine, type CoroutineFunction, coroutine, isCoroutine, isCoroutineFunction } from './coroutine.js';
export {
  type Awaitable,
  type TaskOptions,
  type TaskSource,
  allTasks,
  createTask,
  createTaskOn,
  currentTask,
  ensureFuture,
  ensureFutureOn,
  isAwaitable,
} from './create-task.js';
export { type DoneCallback, Future, type FutureOptions, type Steps, isFuture } from './future.js';
export { Task } from './task.js';
