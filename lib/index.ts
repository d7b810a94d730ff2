/** `selectloop`: asyncio for Node.js on a real select/poll/epoll event loop. */

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
  type ResultOf,
  type ReturnWhen,
  type Several,
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
  type OSErrorTarget,
  SelectorError,
  TimeoutError,
  fatal,
  isCancelled,
} from './errors/index.js';
export {
  type DiagnosticsMessages,
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
  type BaseProtocol,
  BaseTransport,
  type BufferedProtocol,
  type Connection,
  type DatagramProtocol,
  type Protocol,
  type ProtocolFactory,
  type SocketInfo,
  type StreamProtocol,
  type ConnectionCloseMessage,
  type ConnectionOpenMessage,
  type ConnectionSide,
  type TlsInfo,
  Transport,
  type TransportInfo,
  type TransportSendFileOptions,
  type WriteBufferLimits,
  sendfile,
} from './transports/index.js';
export {
  type BindOptions,
  type CreateServerOptions,
  type CreateUnixServerOptions,
  type ServeOptions,
  type ServeUntilOptions,
  Server,
  createServer,
  createUnixServer,
} from './servers/index.js';
export {
  type ConnectOptions,
  type CreateConnectionOptions,
  type CreateUnixConnectionOptions,
  connectAcceptedSocket,
  connectReadPipe,
  connectWritePipe,
  createConnection,
  createUnixConnection,
} from './connections/index.js';
export {
  type ChunkOptions,
  type ConnectionHandler,
  IncompleteReadError,
  LimitOverrunError,
  type OpenConnectionOptions,
  type OpenUnixConnectionOptions,
  type PipeOptions,
  type PipeTarget,
  type Pausable,
  type StartServerOptions,
  type StartUnixServerOptions,
  StreamReader,
  type StreamReaderOptions,
  StreamReaderProtocol,
  type StreamServer,
  StreamWriter,
  type Streams,
  openConnection,
  openUnixConnection,
  startServer,
  startUnixServer,
} from './streams/index.js';
export {
  type DatagramEndpoint,
  type DatagramEndpointOptions,
  DatagramTransport,
  createDatagramEndpoint,
} from './datagrams/index.js';
export { type Executor, WorkerPool, type WorkerPoolOptions, toThread } from './executor/index.js';
export {
  type NameInfo,
  type NameInfoOptions,
  ResolutionError,
  type ResolveOptions,
  type ResolvedAddress,
  acceptPauseMs,
  getaddrinfo,
  getnameinfo,
  sockAccept,
  sockConnect,
  sockRecv,
  sockRecvFrom,
  sockRecvFromInto,
  sockRecvInto,
  sockSendAll,
  sockSendFile,
  sockSendTo,
  waitReadable,
  waitWritable,
} from './sock/index.js';
export { type ServeWorkersOptions, serveWorkers } from './workers/index.js';
export {
  Process,
  type ProcessOutput,
  type Stdio,
  type SubprocessOptions,
  createSubprocess,
} from './subprocess/index.js';
export { type Signal } from './signals/index.js';
export { type ListenFd, listenFds, sdNotify } from './systemd/index.js';
export {
  type StartTlsOptions,
  type TlsClientOptions,
  type TlsConnectOptions,
  type TlsServeOptions,
  type TlsServerOptions,
  startTls,
} from './tls/index.js';
export type { RingQueue } from './collections/ring-queue.js';
export type { Clock } from './loop/clock.js';
export { Context, ContextVar, Token, copyContext } from './loop/context.js';
export type { SlowCallbackMessage } from './loop/diagnostics.js';
export type { ExceptionContext, ExceptionHandler } from './loop/exception-handler.js';
export { Handle, TimedHandle } from './loop/handle.js';
export type { Instrument } from './loop/instrument.js';
export type { LoopCore } from './loop/loop-core.js';
export type { Runnable, Timer } from './loop/runnable.js';
export type { LoopStatistics } from './loop/statistics.js';
export * from './selectors/index.js';
export * from './sockets/index.js';
export {
  Barrier,
  BoundedSemaphore,
  BrokenBarrierError,
  Condition,
  Event,
  type Guard,
  LifoQueue,
  Lock,
  PriorityQueue,
  type PriorityQueueOptions,
  Queue,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  Semaphore,
} from './sync/index.js';
export {
  type Abortable,
  type Awaitable,
  Coroutine,
  type CoroutineFunction,
  type DoneCallback,
  Future,
  type FutureOptions,
  type FutureCallGraph,
  type Steps,
  Task,
  type TaskCreateMessage,
  type TaskBody,
  type TaskFactory,
  type TaskFailMessage,
  type TaskOptions,
  type TaskSource,
  allTasks,
  callGraph,
  coroutine,
  createTask,
  currentTask,
  defaultTaskFactory,
  eagerTaskFactory,
  ensureFuture,
  formatCallGraph,
  isCoroutine,
  isCoroutineFunction,
  isFuture,
} from './tasks/index.js';
