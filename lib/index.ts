/** selectloop: asyncio for Node.js on a real select/poll/epoll event loop. The public names, one by one. */

export {
  AsCompleted,
  type AsCompletedOptions,
  type Body,
  type CompletedFuture,
  type ErrorFilter,
  ExceptionGroup,
  type GatherOptions,
  type Gathered,
  type MovedOn,
  type ReturnWhen,
  TaskGroup,
  Timeout,
  type WaitOptions,
  type WaitResult,
  asCompleted,
  gather,
  moveOnAfter,
  shield,
  sleep,
  taskGroup,
  timeout,
  timeoutAt,
  wait,
  waitFor,
} from './combinators/index.js';
export {
  CancelledError,
  DeadlockError,
  InvalidStateError,
  KeyboardInterrupt,
  LoopError,
  type LoopErrorCode,
  OSError,
  SelectorError,
  TimeoutError,
  fatal,
  isCancelled,
} from './errors/index.js';
export {
  EventLoop,
  type EventLoopOptions,
  type Main,
  type RunOptions,
  Runner,
  getRunningLoop,
  newEventLoop,
  run,
  runSync,
} from './event-loop/index.js';
export {
  type OpenFile,
  ResolutionError,
  type ResolveOptions,
  type ResolvedAddress,
  type SendFileOptions,
  type Signal,
  acceptPauseMs,
  getaddrinfo,
  sockAccept,
  sockConnect,
  sockRecv,
  sockRecvFrom,
  sockRecvInto,
  sockSendAll,
  sockSendFile,
  sockSendTo,
  waitReadable,
  waitWritable,
} from './io/index.js';
export type { Clock } from './loop/clock.js';
export type { ExceptionContext, ExceptionHandler } from './loop/exception-handler.js';
export { Handle, TimedHandle } from './loop/handle.js';
export type { Instrument } from './loop/instrument.js';
export type { LoopStatistics } from './loop/statistics.js';
export * from './selectors/index.js';
export * from './sockets/index.js';
export {
  type Awaitable,
  Coroutine,
  type CoroutineFunction,
  type DoneCallback,
  Future,
  type FutureOptions,
  type Steps,
  Task,
  type TaskOptions,
  type TaskSource,
  allTasks,
  coroutine,
  createTask,
  currentTask,
  ensureFuture,
  isCoroutine,
  isCoroutineFunction,
  isFuture,
} from './tasks/index.js';
