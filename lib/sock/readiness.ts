/**
 * Waits until a descriptor is ready. Tasks park on sockets only here.
 *
 * The future that the task waits for is itself the waiter in the loop's registry, so a wait costs one object. When the descriptor is
 * ready, the task resumes in the same iteration. A cancelled wait is removed from the registry immediately and by identity, so its late
 * clean-up cannot remove the waiter of the next operation on the same descriptor.
 */

import { OSError } from '../errors/index.js';
import { addWaiter } from '../loop/add-waiter.js';
import type { Direction } from '../loop/descriptor-registry.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { DescriptorWaiter } from '../loop/runnable.js';
import { descriptorOf, type FileObject } from '../selectors/file-object.js';
import { EBADF } from '../sockets/errno.js';
import { Socket } from '../sockets/index.js';
import { type Abortable, type Coroutine, Future, type Steps, operation } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';

class Readiness extends Future<void> implements DescriptorWaiter {
  /**
   * @param _owner the Socket that waits; null if only the number is known
   * @param _syscall the system call that will follow, for the error if the descriptor is closed during the wait
   */
  constructor(
    loop: LoopCore,
    private readonly fd: number,
    /** @internal */
    readonly _direction: Direction,
    /** @internal */
    readonly _owner: Socket | null,
    /** @internal */
    readonly _syscall: string,
    /** @internal The socket, if the next system call receives bytes from it: see IoBatch. */
    readonly _receivesFrom: Socket | null = null,
  ) {
    super({ loop });
    addWaiter(loop, fd, _direction, this, _owner);
  }

  _run(): void {
    if (this.done()) return;
    const { _descriptors: descriptors } = this._loop;
    descriptors.woken(this.fd, this._direction, this);
    // The registration of a Socket's reader stays for the next wait; the Socket announces its closing, so the registration cannot become
    // stale. A writer's does not stay, because a socket is nearly always writable and would be reported in every iteration. Nor does that
    // of a plain number: its closing may go unseen, and a later user would rely on a registration that the kernel has dropped.
    if (this._owner === null || this._direction === 'writer') descriptors.unwatch(this.fd, this._direction);
    this._finishNow();
  }

  override cancel(reason?: unknown): boolean {
    const cancelled = super.cancel(reason);
    if (cancelled) this._loop._descriptors.remove(this.fd, this._direction, this);
    return cancelled;
  }

  /** Fails the wait because other code is closing the socket. No event would ever wake the task. */
  _descriptorClosed(): void {
    if (!this.done()) this.setException(new OSError(EBADF, this._syscall));
  }

  /** @internal Its name in call graphs and traces. */
  override _describeWait(): string {
    const state = this._direction === 'reader' ? 'readable' : 'writable';
    return `fd ${this.fd} ${state}, for ${this._syscall}`;
  }

  protected override describeState(): string {
    return `${super.describeState()} ${this._direction} of fd ${this.fd}`;
  }
}

/**
 * Waits until a socket is ready. The system call may still block, because another process that shares the socket may have been faster.
 *
 * @throws InvalidStateError if another task waits for the same direction; OSError EBADF if the socket is or becomes closed
 */
export function socketReady(socket: Socket, direction: Direction, syscall: string): Future<void> {
  const loop = currentLoop();
  loop._descriptors.checkUnclaimed(openDescriptor(socket, syscall), socket);
  return claimedSocketReady(socket, direction, syscall);
}

/** Waits until a socket is readable, before a receive of bytes. The batch may make that receive: see lib/batch. */
export function bytesReady(socket: Socket): Future<void> {
  const loop = currentLoop();
  const fd = openDescriptor(socket, 'recv');
  loop._descriptors.checkUnclaimed(fd, socket);
  return new Readiness(loop, fd, 'reader', socket, 'recv', socket);
}

/** Does what `socketReady` does, on behalf of the transport that owns the socket. */
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
  if (direction === 'reader' && fileobj instanceof Socket && fileobj._hasAhead()) return; // these bytes have left the kernel, so no event reports them
  yield* new Readiness(loop, fd, direction, null, 'poll');
}

/**
 * Waits until `fd` (a number, or an object with `fileno()`) is readable, at EOF, or in error. No registration is left afterwards.
 *
 * A regular file and `/dev/null` are always readable, on every selector: the wait takes one iteration.
 *
 * @throws InvalidStateError if another task is already waiting to read from it; OSError EBADF if it is not open, or is closed during the wait
 *   by `Socket.close` or `fd.close`
 */
export function waitReadable(fd: FileObject, options?: Abortable): Coroutine<void> {
  descriptorOf(fd); // throws here, in the caller, and not where the coroutine is awaited
  return operation('waitReadable', waitSteps(fd, 'reader'), options);
}

/** Waits until `fd` is writable or in error; otherwise like {@link waitReadable}. */
export function waitWritable(fd: FileObject, options?: Abortable): Coroutine<void> {
  descriptorOf(fd);
  return operation('waitWritable', waitSteps(fd, 'writer'), options);
}
