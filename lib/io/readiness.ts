/**
 * Waiting until a descriptor is ready: the one place where a task parks on a socket.
 *
 * The future that the task waits for is itself the waiter in the loop's registry, so a wait costs one object. When the
 * descriptor is ready the task is resumed in the same iteration. A cancelled wait is taken out of the registry at once, by
 * identity: its late clean-up can never remove the waiter of the next operation on the same descriptor.
 */

import { OSError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { DescriptorWaiter } from '../loop/runnable.js';
import { runningLoop } from '../loop/running-loop.js';
import { descriptorOf, type FileObject } from '../selectors/file-object.js';
import { EBADF } from '../sockets/errno.js';
import type { Socket } from '../sockets/index.js';
import { Coroutine, Future, type Steps } from '../tasks/index.js';

type Direction = 'reader' | 'writer';

class Readiness extends Future<void> implements DescriptorWaiter {
  constructor(
    loop: LoopCore,
    private readonly fd: number,
    private readonly direction: Direction,
    private readonly keepRegistered: boolean,
  ) {
    super({ loop });
    loop._descriptors.add(fd, direction, this);
    if (loop._onWork !== null) loop._onWork();
  }

  _run(): void {
    if (this.done()) return;
    this._loop._descriptors.woken(this.fd, this.direction, this, this.keepRegistered);
    this._finishNow();
  }

  override cancel(reason?: unknown): boolean {
    const cancelled = super.cancel(reason);
    if (cancelled) this._loop._descriptors.remove(this.fd, this.direction, this);
    return cancelled;
  }

  /** The socket was closed by another task: the one that waits must hear of it, nothing else would ever wake it. */
  _descriptorClosed(): void {
    if (!this.done()) this.setException(new OSError(EBADF, this.direction === 'reader' ? 'recv' : 'send'));
  }

  protected override describeState(): string {
    return `${super.describeState()} ${this.direction} of fd ${this.fd}`;
  }
}

/**
 * Waits for a socket.
 *
 * A reader's registration with the kernel stays afterwards, for the next wait: sockets announce their closing, so it cannot
 * outlive them. A writer's does not: a socket is nearly always writable, and would be reported at every turn.
 */
export function socketReady(socket: Socket, direction: Direction): Future<void> {
  const fd = socket.fileno();
  if (fd < 0) throw new OSError(EBADF, direction === 'reader' ? 'recv' : 'send');
  return new Readiness(runningLoop(), fd, direction, direction === 'reader');
}

function* waitSteps(fileobj: FileObject, direction: Direction): Steps<void> {
  yield* new Readiness(runningLoop(), descriptorOf(fileobj), direction, false);
}

/**
 * Waits until `fd` (a number, or an object with `fileno()`) is readable, at its end, or in error. Nothing stays registered
 * afterwards. InvalidStateError if another task waits to read from it already.
 */
export function waitReadable(fd: FileObject): Coroutine<void> {
  return new Coroutine(waitSteps(fd, 'reader'), 'waitReadable');
}

/** Waits until `fd` is writable, or in error; otherwise like {@link waitReadable}. */
export function waitWritable(fd: FileObject): Coroutine<void> {
  return new Coroutine(waitSteps(fd, 'writer'), 'waitWritable');
}
