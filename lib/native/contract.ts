/**
 * The typed contract of the C++ addon (`native/`).
 *
 * The addon makes system calls and decides nothing. These rules hold for every entry:
 *
 * - Integers, strings and byte arrays cross the boundary. A result is `>= 0`, or `-errno` as in libuv and the kernel (`-11` is EAGAIN).
 *   Expected outcomes such as EAGAIN never create an Error.
 * - An argument of the wrong *type* is a bug in the layer above and throws a TypeError, a number out of range a RangeError, both with
 *   "expected X, got Y". No argument can crash the process.
 * - Every descriptor that the addon creates is close-on-exec. Sends never raise SIGPIPE. EINTR is retried, with the remaining time,
 *   except for `close`.
 * - `(data, offset, length)` addresses bytes of a Uint8Array; a range outside the array throws a RangeError. The addon does not keep a
 *   reference to the array after the call.
 */

/** The bits of a selector event, with the values of EVENT_READ and EVENT_WRITE. */
export type EventMask = number;

/**
 * A kernel readiness mechanism (select, poll or epoll). The object is inert until `open()`. After `close()`, every method but `close`
 * returns `-EBADF`. It does not own the descriptors registered with it.
 */
export interface NativeSelector {
  /** Acquires the kernel's resources. 0 or -errno. */
  open(): number;
  /** -EEXIST if already registered; -EBADF for a descriptor that is not open; -EPERM from epoll for a regular file. */
  register(fd: number, events: EventMask): number;
  /** -ENOENT if not registered. If the kernel refuses, the descriptor is no longer registered. */
  modify(fd: number, events: EventMask): number;
  /** -ENOENT if not registered. Returns 0 even for a descriptor that has been closed or reused since it was registered. */
  unregister(fd: number): number;
  /**
   * Waits and fills `ready` with pairs (fd, events), at most `ready.length / 2` of them; the next call reports the rest.
   *
   * Only registered events are reported; an error or hang-up wakes whichever side is registered. A registered descriptor that is no
   * longer open is reported as ready (poll: POLLNVAL, select: found after EBADF), so that its owner gets EBADF from the next operation
   * instead of the whole loop failing.
   *
   * @param timeoutMs fractions allowed, rounded up to a nanosecond (to a millisecond where the kernel has no epoll_pwait2); negative:
   *   no timeout
   * @returns the number of pairs, or -errno
   */
  select(timeoutMs: number, ready: Int32Array): number;
  /** A descriptor that is readable while one of the registered ones is ready; -1 for select and poll. -errno, e.g. -EMFILE. */
  fileno(): number;
  /** Idempotent. */
  close(): void;
}

/** A socket address. Unused fields are ignored on input, and 0 or '' on output. */
export interface NativeAddress {
  /** AF_INET, AF_INET6, AF_UNIX or another; on output also AF_UNSPEC (0) if the peer has no address. */
  family: number;
  /** Numeric IPv4 or IPv6 text. Input that is not numeric makes the call return -EINVAL. */
  host: string;
  port: number;
  flowInfo: number;
  scopeId: number;
  /**
   * AF_UNIX: a file system path, or '\0' and a name in the abstract namespace. Both may have any bytes; each is one character here
   * (latin1). Families other than the three above: the bytes of the kernel's structure after the family.
   */
  path: string;
}

/** The address, descriptors and flags that `recvMsg` fills in. */
export interface NativeMessage extends NativeAddress {
  /** Descriptors received by SCM_RIGHTS, set to close-on-exec; the caller owns them. */
  fds: number[];
  /** msg_flags: MSG_TRUNC, MSG_CTRUNC, MSG_EOR. */
  flags: number;
  /** The other control messages, as records (see {@link NativeBinding.sendMsg}). Set only if there are any and `controlSize` is not 0. */
  control: Uint8Array | null;
}

/**
 * Runs the loop inside libuv (docs/architecture.md, "Two ways to run"). The host holds a `uv_check_t` and a `uv_idle_t`. While it is
 * started, the idle handle keeps libuv from blocking, and the check callback calls `iterate`, which does all the waiting.
 */
export interface NativeHost {
  /**
   * @param iterate called once per iteration of libuv, with the longest time that libuv could sleep (0: it has work now; null: no limit).
   *   Runs at callback depth 0, so process.nextTick and microtasks drain when it returns. Returns true if libuv's own descriptor was
   *   ready. An error that it throws is an uncaught exception, as in any Node callback.
   * @returns 0 or -errno; -EALREADY if started already
   */
  start(iterate: (libuvTimeoutMs: number | null) => boolean): number;
  /** Stops calling `iterate`; may be called from within it. Idempotent; `start` may be called again. */
  stop(): void;
  /** Sets whether the host keeps the process alive. True after `start`. */
  setRef(keepAlive: boolean): void;
  /** The number of libuv's requests in flight: file system, name resolution, connects, everything in its thread pool. */
  activeRequests(): number;
  /** libuv's backend descriptor, readable while libuv has events; -1 if this libuv has none. libuv owns it: never close it. */
  backendFd(): number;
}

/**
 * An edge-triggered view of libuv: an epoll descriptor that becomes readable with each new event in libuv and, once cleared, stays
 * unreadable until the next one. libuv's own descriptor would stay readable until libuv has handled its events.
 */
export interface NativeLibuvEdges {
  /** Returns the descriptor, or -errno. The object owns it: do not close it. */
  open(): number;
  /** Consumes the events so far. Returns their number, or -errno. */
  clear(): number;
  /** Idempotent. */
  close(): void;
}

/** A name resolution (getaddrinfo) that runs on a separate thread. */
export interface NativeResolution {
  /** A descriptor that becomes readable when the answer is there. The resolution owns it: do not close it. */
  fileno(): number;
  /** The addresses, or a negative EAI_* code (a positive errno for EAI_SYSTEM); null before the answer is there. */
  result(): Array<NativeAddress & { type: number; protocol: number; canonicalName: string }> | number | null;
  /** Releases the descriptor; a thread that is still running finishes on its own. Idempotent. */
  close(): void;
}

/** A lookup of the names of an address (getnameinfo) that runs on a separate thread. */
export interface NativeNameLookup {
  /** As {@link NativeResolution.fileno}. */
  fileno(): number;
  /** The names, or a negative EAI_* code (a positive errno for EAI_SYSTEM); null before the answer is there. */
  result(): { host: string; service: string } | number | null;
  /** As {@link NativeResolution.close}. */
  close(): void;
}

/** The files of UNIX sockets. A path has one character for each byte. */
export interface SocketFiles {
  /** Returns a number that no other file has had; 0 if there is no file. */
  identify(path: string): number;
  /** Removes a file. Its socket stays open. */
  remove(path: string): void;
}

/** The exports of the addon. */
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
  /** Milliseconds since some fixed point, with fractions: monotonic, and the clock that timeouts are measured with. Needs no `this`. */
  readonly now: () => number;
  /** On a kernel that has no other files. Absent on a machine, where `node:fs` finds the files of sockets. */
  readonly socketFiles?: SocketFiles;

  socket(family: number, type: number, protocol: number): number;
  /** Fills `pair` with two descriptors. */
  socketpair(family: number, type: number, protocol: number, pair: Int32Array): number;
  /** Fills `pair` with the read end and the write end. */
  pipe(pair: Int32Array): number;
  /** Closes a descriptor and reverts `adopt`. `/dev/null` takes the place of 0, 1 and 2: libuv aborts the process if one of its descriptors gets such a number. */
  close(fd: number): number;
  /** Has `fd` closed when this environment ends, however that happens: a terminated worker runs no more JavaScript. */
  adopt(fd: number): void;
  /**
   * From now on, also has the descriptors closed that `socket`, `socketpair`, `pipe`, `accept`, `dup` and `eventfd` return: a worker may be
   * terminated as soon as such a call returns.
   */
  adoptCreated(): void;
  /** Reverts `adopt`. Call it before `fd` is handed over, because its new owner may close it. */
  disown(fd: number): void;
  /** Returns a close-on-exec duplicate (F_DUPFD_CLOEXEC). */
  dup(fd: number): number;
  /** Returns 0 if the descriptor is open, -EBADF otherwise. */
  probe(fd: number): number;
  shutdown(fd: number, how: number): number;
  bind(fd: number, address: NativeAddress): number;
  listen(fd: number, backlog: number): number;
  /** accept4 with close-on-exec. Fills `address` unless it is null. */
  accept(fd: number, nonBlocking: boolean, address: NativeAddress | null): number;
  /** EINTR is not retried, because by POSIX the connection attempt continues. */
  connect(fd: number, address: NativeAddress): number;
  getsockname(fd: number, address: NativeAddress): number;
  getpeername(fd: number, address: NativeAddress): number;
  /** Fills `value`; returns the length the kernel wrote. */
  getsockopt(fd: number, level: number, option: number, value: Uint8Array): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array): number;
  /** Joins or leaves a multicast group, from any sender or from `source`. `index`: the interface; 0: the kernel chooses. */
  changeGroup(fd: number, join: boolean, group: NativeAddress, index: number, source: NativeAddress | null): number;
  setNonBlocking(fd: number, nonBlocking: boolean): number;
  /** 1 or 0. */
  getNonBlocking(fd: number): number;
  /** poll(2) on one descriptor, for socket timeouts. Returns the ready events (errors count as ready), 0 on timeout. */
  wait(fd: number, events: EventMask, timeoutMs: number): number;

  send(fd: number, data: Uint8Array, offset: number, length: number, flags: number): number;
  sendTo(fd: number, data: Uint8Array, offset: number, length: number, flags: number, address: NativeAddress): number;
  /**
   * Sends the buffers together (at most IOV_MAX of them per call) and passes `fds` by SCM_RIGHTS.
   *
   * @param control other control messages, as records: each three int32 in native byte order (level, type, length) and then `length`
   *   bytes, without padding. -EINVAL if one is incomplete
   */
  sendMsg(
    fd: number,
    buffers: readonly Uint8Array[],
    fds: readonly number[],
    flags: number,
    address: NativeAddress | null,
    control?: Uint8Array,
  ): number;
  /**
   * Makes the first `count` sends of `calls`, in order. Each is three numbers: the descriptor, and the offset and length of its bytes in
   * `data`; the result replaces the length. A range outside `data` is not sent and gets -EINVAL.
   */
  sendEach(calls: Int32Array, count: number, data: Uint8Array): void;
  /**
   * Calls `recv` for each of the first `count` descriptors, in order. The received bytes follow each other in the given range of
   * `data`, and each call gets all the space that is left; stops when less than `least` bytes are left. The result of each call
   * replaces its descriptor in `fds`.
   * @returns the number of calls made
   */
  recvEach(fds: Int32Array, count: number, data: Uint8Array, offset: number, length: number, least: number): number;
  /**
   * sendmmsg(2): sends `count` datagrams from the record `first` on, in order. A record is four numbers: the offset and the length of the
   * bytes in `data`, the length of the address (0: none), and flags. The address of record i is in the kernel's form, in `addresses` from
   * byte 128 * i on.
   *
   * @returns how many the kernel has accepted; -errno if not even the first, -EINVAL for a range outside `data`
   */
  sendMany(
    fd: number,
    records: Int32Array,
    first: number,
    count: number,
    data: Uint8Array,
    addresses: Uint8Array,
    flags: number,
  ): number;
  /**
   * recvmmsg(2): receives at most `count` datagrams into the ranges of the records, and waits only for the first. A record then has the
   * length of the datagram, the length of its address, and its flags (MSG_TRUNC).
   *
   * @returns the number of datagrams, or -errno
   */
  recvMany(
    fd: number,
    records: Int32Array,
    first: number,
    count: number,
    data: Uint8Array,
    addresses: Uint8Array,
    flags: number,
  ): number;
  recv(fd: number, data: Uint8Array, offset: number, length: number, flags: number): number;
  recvFrom(fd: number, data: Uint8Array, offset: number, length: number, flags: number, address: NativeAddress): number;
  /**
   * @param maxFds at most 253 (SCM_MAX_FD)
   * @param controlSize the room for control messages other than descriptors, at most 2^20. Default: 0, they are not returned
   */
  recvMsg(
    fd: number,
    data: Uint8Array,
    offset: number,
    length: number,
    maxFds: number,
    flags: number,
    message: NativeMessage,
    controlSize?: number,
  ): number;
  /** Receives as `recvMsg` into at most IOV_MAX buffers, one after the other. */
  recvMsgInto(
    fd: number,
    buffers: readonly Uint8Array[],
    maxFds: number,
    flags: number,
    message: NativeMessage,
    controlSize?: number,
  ): number;
  read(fd: number, data: Uint8Array, offset: number, length: number): number;
  write(fd: number, data: Uint8Array, offset: number, length: number): number;
  writev(fd: number, buffers: readonly Uint8Array[]): number;
  /** sendfile(2). `offset` and `count` in bytes, up to 2^53 - 1. */
  sendfile(outFd: number, inFd: number, offset: number, count: number): number;

  /** Writes the kernel's form of an address, as much of it as fits. Returns its whole size. */
  encodeAddress(address: NativeAddress, bytes: Uint8Array): number;
  /** Reads the kernel's form of an address; AF_UNSPEC for fewer than two bytes, no host or port if the rest is incomplete. Returns 0. */
  decodeAddress(bytes: Uint8Array, address: NativeAddress): number;

  /** The index of a network interface; -ENODEV if there is none with that name. */
  ifNameToIndex(name: string): number;
  /** The name of a network interface; -ENXIO if there is none with that index. */
  ifIndexToName(index: number): string | number;
  /** All network interfaces, or -errno. */
  ifNameIndex(): Array<{ index: number; name: string }> | number;

  /** A non-blocking eventfd. */
  eventfd(): number;
  /** Adds one to an eventfd. A full counter (EAGAIN) is a success, because it is readable already. */
  notify(fd: number): number;
  /** Resets the counter of an eventfd. Returns 0 also if it was zero. */
  drain(fd: number): number;

  /**
   * Installs a handler that writes one byte, the number of the signal, to `fd` (a non-blocking pipe or socket) for each arrival. A
   * handler installed before, such as libuv's, is still called. Signal dispositions belong to the process, so this is the one place
   * with process-wide state. -EBUSY if another loop watches the signal, -EINVAL for one that cannot be caught.
   */
  watchSignal(signal: number, fd: number): number;
  /**
   * Reinstalls the handler of `watchSignal` if another handler, or the default, has replaced it; the handler then calls the one it
   * replaces. Does nothing for a signal that no thread of the process watches.
   */
  reinstallSignal(signal: number): number;
  /** Restores the former disposition. -ENOENT if the signal is not watched through `fd`. */
  unwatchSignal(signal: number, fd: number): number;

  /** Starts getaddrinfo on a separate thread. Throws only for wrong argument types. -errno if no thread or eventfd is available. */
  resolve(
    host: string | null,
    service: string | null,
    family: number,
    type: number,
    protocol: number,
    flags: number,
  ): NativeResolution | number;
  /** Starts getnameinfo on a separate thread. `flags` are NI_*. -errno as for `resolve`. */
  lookUpName(address: NativeAddress, flags: number): NativeNameLookup | number;

  /**
   * Starts a program, and returns once it is running or has failed to start. The program gets `descriptors` (3 to 1024) as 0, 1, 2
   * and so on, and no others, with default signal dispositions and no blocked signals.
   *
   * @param executables paths, tried in order, as execvp does
   * @param args including argv[0]
   * @param environment strings `NAME=value`
   * @param directory its working directory; null: that of this process
   * @param group its process group: 0: ours, 1: a new one, 2: a new one in a new session, 3: `joinedGroup`
   * @param deathSignal the signal that the kernel sends to the child when this thread ends; 0: none
   * @param started receives the pid, a pidfd (readable once the child has ended), and the step that failed: 1: one of `descriptors`,
   *   2: the directory, 3: the program, 4: the process group, 0: any other
   * @returns 0 or -errno; -EINVAL also before Linux 5.4
   */
  spawn(
    executables: readonly string[],
    args: readonly string[],
    environment: readonly string[],
    directory: string | null,
    descriptors: Int32Array,
    group: number,
    joinedGroup: number,
    deathSignal: number,
    started: Int32Array,
  ): number;
  /** Returns 1 if the child has ended, and fills `status` with its exit code and signal (0: none). 0 while it runs, -ECHILD if it is gone. */
  reapChild(pidfd: number, status: Int32Array): number;
  /** -ESRCH once the child was reaped. */
  signalChild(pidfd: number, signal: number): number;
  /** Signals every process of a group, a number > 1. -ESRCH if it has none, -EPERM if we may not signal any of them. */
  signalGroup(group: number, signal: number): number;
  /**
   * Closes the pidfd of a child. A child that is still running continues, and a thread reaps it when it ends, as for the children of
   * an environment that ends. 0 or -errno.
   */
  releaseChild(pidfd: number): number;
}
