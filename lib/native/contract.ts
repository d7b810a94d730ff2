/**
 * The typed contract of the C++ addon (`native/`).
 *
 * The addon makes system calls and decides nothing. Rules that hold for every entry:
 *
 * - Integers, strings and byte arrays cross the boundary. A result is `>= 0`, or `-errno` (as libuv and the kernel count
 *   them: `-11` is EAGAIN). Expected outcomes such as EAGAIN never build an Error.
 * - A wrong argument *type* is a bug in the layer above and throws a TypeError, a number out of range a RangeError, both with
 *   "expected X, got Y"; nothing ever crashes.
 * - Every descriptor the addon makes is close-on-exec. Sends never raise SIGPIPE. EINTR is retried (with the time that is
 *   left), except on `close`.
 * - `(data, offset, length)` addresses bytes of a Uint8Array; a range outside the array is a RangeError. The addon never keeps
 *   a reference to the array after the call.
 */

/** The bits of a selector event; the same values as EVENT_READ and EVENT_WRITE. */
export type EventMask = number;

/**
 * One kernel readiness mechanism (select, poll or epoll). The object is inert until `open()`, and after `close()` every
 * method but `close` returns `-EBADF`. It does not own the descriptors registered with it.
 */
export interface NativeSelector {
  /** Gets the kernel's resources. 0 or -errno. */
  open(): number;
  /** -EEXIST when registered already; -EBADF for a descriptor that is not open; epoll: -EPERM for a regular file. */
  register(fd: number, events: EventMask): number;
  /** -ENOENT when it is not registered. If the kernel refuses, the descriptor is no longer registered. */
  modify(fd: number, events: EventMask): number;
  /** -ENOENT when it is not registered. Works, and returns 0, for a descriptor that has been closed or reused meanwhile. */
  unregister(fd: number): number;
  /**
   * Waits and fills `ready` with pairs (fd, events). At most `ready.length / 2` pairs; the rest are reported by the next call.
   *
   * Only bits that were asked for are reported; an error or hang-up wakes whichever side is registered. A registered
   * descriptor that is no longer open is reported ready (poll: POLLNVAL, select: found after EBADF), so that the caller meets
   * EBADF at its own next call instead of a loop that fails as a whole.
   *
   * @param timeoutMs fractions allowed, rounded up to a nanosecond (to a millisecond where the kernel has no epoll_pwait2);
   *   negative waits for ever.
   * @returns the number of pairs, or -errno.
   */
  select(timeoutMs: number, ready: Int32Array): number;
  /** The epoll descriptor; -1 for select and poll. */
  fileno(): number;
  /** Idempotent. */
  close(): void;
}

/** A socket address as the addon reads and writes it. Unused fields are ignored on input and 0 or '' on output. */
export interface NativeAddress {
  /** AF_INET, AF_INET6 or AF_UNIX; on output also AF_UNSPEC (0) when the peer has no address. */
  family: number;
  /** Numeric IPv4 or IPv6 text. Input that is not numeric makes the call return -EINVAL. */
  host: string;
  port: number;
  flowInfo: number;
  scopeId: number;
  /** AF_UNIX: a file system path, or a name in the abstract namespace that starts with '\0'. */
  path: string;
}

/** What `recvMsg` fills besides the bytes and the address. */
export interface NativeMessage extends NativeAddress {
  /** Descriptors received by SCM_RIGHTS, close-on-exec; the caller owns them. */
  fds: number[];
  /** msg_flags: MSG_TRUNC, MSG_CTRUNC, MSG_EOR. */
  flags: number;
}

/**
 * Living inside libuv (design: "Two ways to run"). The host holds a `uv_check_t` and a `uv_idle_t`; while it is started, the
 * idle handle keeps libuv from blocking and the check callback calls `iterate`, which does all the waiting.
 */
export interface NativeHost {
  /**
   * @param iterate called once per iteration with the longest time that libuv could sleep (0: it has work now; null: indefinitely).
   *   Runs at callback depth 0, so process.nextTick and microtasks drain when it returns. Returns true if libuv's own descriptor was
   *   among the ready ones. An error it throws is an uncaught exception, as in any Node callback.
   * @returns 0 or -errno. -EALREADY when started.
   */
  start(iterate: (libuvTimeoutMs: number | null) => boolean): number;
  /** Stops calling `iterate`, also from within it. Idempotent; `start` may be called again. */
  stop(): void;
  /** Whether the host keeps the process alive (default after start: true). */
  setRef(keepAlive: boolean): void;
  /** The number of libuv's requests in flight: file system, names, connects, everything in its thread pool. */
  activeRequests(): number;
  /** libuv's backend descriptor, readable when libuv has events; -1 if this libuv has none. Borrowed, never closed by us. */
  backendFd(): number;
}

/**
 * An epoll descriptor that becomes readable each time something happens in libuv, and, once cleared, is not readable again until
 * the next time; libuv's own would stay readable until libuv is served.
 */
export interface NativeLibuvEdges {
  /** The descriptor, or -errno. Owned by the object; do not close. */
  open(): number;
  /** Takes back what has happened so far. The number of news, or -errno. */
  clear(): number;
  /** Idempotent. */
  close(): void;
}

/** A name resolution that runs on a thread of its own. */
export interface NativeResolution {
  /** Becomes readable when the answer is there. Owned by the resolution; do not close. */
  fileno(): number;
  /** The answer once readable: addresses, or a negative EAI_* code (negative -errno for EAI_SYSTEM), or null when not ready. */
  result(): Array<NativeAddress & { type: number; protocol: number; canonicalName: string }> | number | null;
  /** Releases the descriptor; a thread still at work finishes alone. Idempotent. */
  close(): void;
}

/** The look-up of an address's names, on a thread of its own. */
export interface NativeNameLookup {
  /** As {@link NativeResolution.fileno}. */
  fileno(): number;
  /** The names once readable, or a negative EAI_* code (negative -errno for EAI_SYSTEM), or null when not ready. */
  result(): { host: string; service: string } | number | null;
  /** As {@link NativeResolution.close}. */
  close(): void;
}

/** Everything the addon exports. */
export interface NativeBinding {
  SelectSelector: new () => NativeSelector;
  PollSelector: new () => NativeSelector;
  EpollSelector: new () => NativeSelector;
  Host: new () => NativeHost;
  LibuvEdges: new () => NativeLibuvEdges;

  /** Constants by their C names: AF_*, SOCK_*, SOL_*, SO_*, IPPROTO_*, TCP_*, MSG_*, SHUT_*, IPV6_V6ONLY, EAI_*, AI_*, E* (positive), SIG*, FD_SETSIZE. */
  readonly constants: Readonly<Record<string, number>>;
  /** True if the kernel has epoll_pwait2 (nanosecond timeouts on epoll). */
  readonly hasEpollPwait2: boolean;

  socket(family: number, type: number, protocol: number): number;
  /** Fills `pair` with two descriptors. */
  socketpair(family: number, type: number, protocol: number, pair: Int32Array): number;
  /** Fills `pair` with the read end and the write end. */
  pipe(pair: Int32Array): number;
  close(fd: number): number;
  /** Has `fd` closed when this environment ends, in whatever way: a terminated worker runs no JavaScript any more. */
  adopt(fd: number): void;
  /** Takes `adopt` back; before `fd` is closed or given away, since the number may be somebody else's right after. */
  disown(fd: number): void;
  /** A close-on-exec duplicate (F_DUPFD_CLOEXEC). */
  dup(fd: number): number;
  /** 0 if the descriptor is open, else -EBADF. */
  probe(fd: number): number;
  shutdown(fd: number, how: number): number;
  bind(fd: number, address: NativeAddress): number;
  listen(fd: number, backlog: number): number;
  /** accept4 with close-on-exec. Fills `address` unless null. */
  accept(fd: number, nonBlocking: boolean, address: NativeAddress | null): number;
  /** EINTR is treated as EINPROGRESS, as POSIX says the connection goes on. */
  connect(fd: number, address: NativeAddress): number;
  getsockname(fd: number, address: NativeAddress): number;
  getpeername(fd: number, address: NativeAddress): number;
  /** Fills `value`; returns the length the kernel wrote. */
  getsockopt(fd: number, level: number, option: number, value: Uint8Array): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array): number;
  setNonBlocking(fd: number, nonBlocking: boolean): number;
  /** 1 or 0. */
  getNonBlocking(fd: number): number;
  /** poll(2) on one descriptor, for socket timeouts: the events that are ready (errors count as ready), 0 on timeout. */
  wait(fd: number, events: EventMask, timeoutMs: number): number;

  send(fd: number, data: Uint8Array, offset: number, length: number, flags: number): number;
  sendTo(fd: number, data: Uint8Array, offset: number, length: number, flags: number, address: NativeAddress): number;
  /** Gathers the buffers (at most IOV_MAX are taken in one call) and passes `fds` by SCM_RIGHTS. */
  sendMsg(
    fd: number,
    buffers: readonly Uint8Array[],
    fds: readonly number[],
    flags: number,
    address: NativeAddress | null,
  ): number;
  /**
   * A `send` for each of the first `count` calls, in order. A call is three numbers: the descriptor, and which bytes of `data`, from
   * where and how many; that third number becomes the result. One that is not within `data` is not made, and results in -EINVAL.
   */
  sendEach(calls: Int32Array, count: number, data: Uint8Array): void;
  /**
   * A `recv` for each of the first `count` descriptors in turn, into those bytes of `data`, one behind the other, each with all the
   * room that is left; it ends before the first that would have less than `least`. Each descriptor in `fds` becomes the result.
   * @returns how many were tried
   */
  recvEach(fds: Int32Array, count: number, data: Uint8Array, offset: number, length: number, least: number): number;
  recv(fd: number, data: Uint8Array, offset: number, length: number, flags: number): number;
  recvFrom(fd: number, data: Uint8Array, offset: number, length: number, flags: number, address: NativeAddress): number;
  /** `maxFds` at most 253 (SCM_MAX_FD). */
  recvMsg(
    fd: number,
    data: Uint8Array,
    offset: number,
    length: number,
    maxFds: number,
    flags: number,
    message: NativeMessage,
  ): number;
  read(fd: number, data: Uint8Array, offset: number, length: number): number;
  write(fd: number, data: Uint8Array, offset: number, length: number): number;
  writev(fd: number, buffers: readonly Uint8Array[]): number;
  /** sendfile(2). `offset` and `count` in bytes, up to 2^53 - 1. */
  sendfile(outFd: number, inFd: number, offset: number, count: number): number;

  /** A non-blocking eventfd. */
  eventfd(): number;
  /** Adds one to an eventfd. A full counter (EAGAIN) is success: it is readable already. */
  notify(fd: number): number;
  /** Reads an eventfd down to nothing. 0 also when there was nothing. */
  drain(fd: number): number;

  /**
   * From now on each arrival of `signal` writes one byte (its number) to `fd`, a non-blocking pipe or socket. A handler that
   * was installed before (libuv's) is still called. Signal dispositions belong to the process, so this is the one place with
   * process-wide state. -EBUSY if another loop watches the signal, -EINVAL for one that cannot be caught.
   */
  watchSignal(signal: number, fd: number): number;
  /**
   * Installs the handler of watchSignal again if another handler, or the default, has taken its place; that handler is called from
   * now on. Does nothing for a signal that no thread of the process watches.
   */
  reinstallSignal(signal: number): number;
  /** Puts the former disposition back. -ENOENT when it is not watched through `fd`. */
  unwatchSignal(signal: number, fd: number): number;

  /** Starts getaddrinfo on a thread of its own. Throws only for wrong argument types. -errno if no thread or eventfd can be had. */
  resolve(
    host: string | null,
    service: string | null,
    family: number,
    type: number,
    protocol: number,
    flags: number,
  ): NativeResolution | number;
  /** Starts getnameinfo on a thread of its own. `flags` are NI_*. -errno as `resolve`. */
  lookUpName(address: NativeAddress, flags: number): NativeNameLookup | number;

  /**
   * Starts a program and returns when it runs, or cannot. It gets the three descriptors of `stdio` as 0, 1 and 2 and no other,
   * with the default for every signal, and none blocked.
   *
   * @param executables paths, tried in turn as execvp does
   * @param args with argv[0]
   * @param environment `NAME=value`
   * @param directory where it starts; null: here
   * @param group its process group: 0 ours, 1 a new one, 2 a new one in a new session, 3 `joinedGroup`
   * @param started becomes the pid, a pidfd (readable once the child has ended), and what failed: 1 a descriptor of `stdio`,
   *   2 the directory, 3 the program, 4 the process group, 0 anything else
   * @returns 0 or -errno; -EINVAL also before Linux 5.4
   */
  spawn(
    executables: readonly string[],
    args: readonly string[],
    environment: readonly string[],
    directory: string | null,
    stdio: Int32Array,
    group: number,
    joinedGroup: number,
    started: Int32Array,
  ): number;
  /** Fills `status` with exit code and signal (0: none) if the child has ended: 1. 0 while it runs. -ECHILD if it is not there any more. */
  reapChild(pidfd: number, status: Int32Array): number;
  /** -ESRCH once the child was reaped. */
  signalChild(pidfd: number, signal: number): number;
  /** Signals every process of a group, a number > 1. -ESRCH when it has none, -EPERM when we may signal none of them. */
  signalGroup(group: number, signal: number): number;
  /**
   * Closes the pidfd of a child. One that runs goes on, and is reaped by a thread when it ends; so are those of an environment
   * that ends. 0 or -errno.
   */
  releaseChild(pidfd: number): number;
}
