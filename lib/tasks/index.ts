export { type Abortable, ONLY_SIGNAL, checkSignal, signalOf } from './abort-signals.js';
export { abortable, operation } from './abortable.js';
export { Coroutine, type CoroutineFunction, coroutine, isCoroutine, isCoroutineFunction } from './coroutine.js';
export {
  type Awaitable,
  type TaskFactory,
  type TaskOptions,
  type TaskSource,
  allTasks,
  createTask,
  createTaskOn,
  currentTask,
  defaultTaskFactory,
  eagerTaskFactory,
  ensureFuture,
  ensureFutureOn,
  isAwaitable,
} from './create-task.js';
export { type DoneCallback, Future, type FutureOptions, type Steps, isFuture } from './future.js';
export { type FutureCallGraph, callGraph, formatCallGraph } from './call-graph.js';
export { factoryOf, setFactoryOf } from './task-factory.js';
export type { TaskCreateMessage, TaskFailMessage } from './diagnostics.js';
export type { TaskBody } from './task-traits.js';
export { Task } from './task.js';
