/**
 * Waiting until a descriptor is ready: the one place where a task parks on a socket.
 *
 * The future that the task waits for is itself the waiter in the loop's registry, so a wait costs one object. When the
 * descriptor is ready the task is resumed in the same iteration. A cancelled wait is taken out of the registry at once, by
 * identity: its late clean-up can never remove the waiter of the next operation on the same descriptor.
 */

import { OSError } from '../errors/index.js';
import { addWaiter } from '../loop/add-waiter.js';
import type { Direction } from '../loop/descriptor-registry.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { DescriptorWaiter } from '../loop/runnable.js';
import { descriptorOf, type FileObject } from '../selectors/file-object.js';
import { EBADF } from '../sockets/errno.js';
import { Socket } from '../sockets/index.js';
import { Coroutine, Future, type Steps } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';

class Readiness extends Future<void> implements DescriptorWaiter {
  /**
   * @param owner the Socket that waits; null if only the number is known
   * @param syscall what is going to be called, for the error when the descriptor is closed meanwhile
   */
  constructor(
    loop: LoopCore,
    private readonly fd: number,
    private readonly direction: Direction,
    private readonly owner: Socket | null,
    private readonly syscall: string,
    /** @internal The socket, if the next call is a receive of bytes: see IoBatch. */
    readonly _receivesFrom: Socket | null = null,
  ) {
    super({ loop });
    addWaiter(loop, fd, direction, this, owner);
  }

  _run(): void {
    if (this.done()) return;
    const { _descriptors: descriptors } = this._loop;
    descriptors.woken(this.fd, this.direction, this);
    // A reader's registration stays for the next wait: a Socket announces its closing, so it cannot outlive it. A writer's does
    // not: a socket is nearly always writable, and would be reported in every iteration. Nor does that of a plain number, whose
    // closing may pass unseen: a later user of the number would rely on a registration that the kernel has dropped.
    if (this.owner === null || this.direction === 'writer') descriptors.unwatch(this.fd, this.direction);
    this._finishNow();
  }

  override cancel(reason?: unknown): boolean {
    const cancelled = super.cancel(reason);
    if (cancelled) this._loop._descriptors.remove(this.fd, this.direction, this);
    return cancelled;
  }

  /** The socket was closed by another task: the one that waits must hear of it, nothing else would ever wake it. */
  _descriptorClosed(): void {
    if (!this.done()) this.setException(new OSError(EBADF, this.syscall));
  }

  /** @internal */
  override _describeWait(): string {
    const state = this.direction === 'reader' ? 'readable' : 'writable';
    return `fd ${this.fd} ${state}, for ${this.syscall}`;
  }

  protected override describeState(): string {
    return `${super.describeState()} ${this.direction} of fd ${this.fd}`;
  }
}

/**
 * Waits for a socket, which is then to be tried again: another process that shares it may have been faster.
 *
 * InvalidStateError if another task waits for the same direction; OSError EBADF if the socket is closed, now or meanwhile.
 */
export function socketReady(socket: Socket, direction: Direction, syscall: string): Future<void> {
  const loop = currentLoop();
  loop._descriptors.checkUnclaimed(openDescriptor(socket, syscall), socket);
  return claimedSocketReady(socket, direction, syscall);
}

/** As `socketReady` of a reader whose next call is a receive of bytes, which may be made for it: see lib/batch. */
export function bytesReady(socket: Socket): Future<void> {
  const loop = currentLoop();
  const fd = openDescriptor(socket, 'recv');
  loop._descriptors.checkUnclaimed(fd, socket);
  return new Readiness(loop, fd, 'reader', socket, 'recv', socket);
}

/** As `socketReady`, for an operation on behalf of the transport that owns the socket. */
export function claimedSocketReady(socket: Socket, direction: Direction, syscall: string): Future<void> {
  return new Readiness(currentLoop(), openDescriptor(socket, syscall), direction, socket, syscall);
}

function openDescriptor(socket: Socket, syscall: string): number {
  const fd = socket.fileno();
  if (fd < 0) throw new OSError(EBADF, syscall);
  return fd;
}

function* waitSteps(fileobj: FileObject, direction: Direction): Steps<void> {
  const loop = currentLoop();
  const fd = descriptorOf(fileobj);
  loop._descriptors.checkUnclaimed(fd, null);
  if (direction === 'reader' && fileobj instanceof Socket && fileobj._hasAhead()) return; // the kernel will not report it
  yield* new Readiness(loop, fd, direction, null, 'poll');
}

/**
 * Waits until `fd` (a number, or an object with `fileno()`) is readable, at its end, or in error. Nothing stays registered
 * afterwards.
 *
 * A regular file and `/dev/null` are always readable, on every selector: the wait takes one iteration.
 *
 * InvalidStateError if another task waits to read from it already. OSError EBADF if it is not open, or is closed meanwhile by
 * `Socket.close` or `fd.close`.
 */
export function waitReadable(fd: FileObject): Coroutine<void> {
  descriptorOf(fd); // a mistake shows where it was made, not where the coroutine is awaited
  return new Coroutine(waitSteps(fd, 'reader'), 'waitReadable');
}

/** Waits until `fd` is writable, or in error; otherwise like {@link waitReadable}. */
export function waitWritable(fd: FileObject): Coroutine<void> {
  descriptorOf(fd);
  return new Coroutine(waitSteps(fd, 'writer'), 'waitWritable');
}
