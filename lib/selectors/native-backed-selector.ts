/** The common base of the three kernel mechanisms: implements the hooks of {@link Selector} with an object of the addon. */

import { checked } from '../errors/index.js';
import type { NativeSelector } from '../native/contract.js';
import { native } from '../native/binding.js';
import { Selector } from './selector.js';

const ENOENT = native.constants['ENOENT'] ?? 2;
const EBADF = native.constants['EBADF'] ?? 9;

/** The names of the system calls, for errors. */
interface SystemCalls {
  /** The call that changes a registration: `epoll_ctl`. */
  readonly control: string;
  /** The call that waits: `epoll_wait`. */
  readonly wait: string;
}

/**
 * A selector on a kernel mechanism. Only SelectSelector, PollSelector and EpollSelector extend it; to write another selector, extend
 * {@link Selector}.
 */
export abstract class NativeBackedSelector<D> extends Selector<D> {
  /** The addon's object, open from the constructor until `close()`. */
  protected readonly kernel: NativeSelector;
  readonly #calls: SystemCalls;

  /** @throws OSError if the kernel lacks resources (EMFILE: too many open files) */
  protected constructor(kernel: NativeSelector, open: string, calls: SystemCalls) {
    super();
    checked(kernel.open(), open);
    this.kernel = kernel;
    this.#calls = calls;
  }

  protected override registerDescriptor(fd: number, events: number): void {
    checked(this.kernel.register(fd, events), this.#calls.control);
  }

  protected override modifyDescriptor(fd: number, events: number): void {
    checked(this.kernel.modify(fd, events), this.#calls.control);
  }

  protected override unregisterDescriptor(fd: number): void {
    const result = this.kernel.unregister(fd);
    // The file was closed first, and the kernel has dropped the entry itself.
    if (result === -ENOENT || result === -EBADF) return;
    checked(result, this.#calls.control);
  }

  protected override waitForEvents(timeoutMs: number, ready: Int32Array): number {
    return checked(this.kernel.select(timeoutMs, ready), this.#calls.wait);
  }

  protected override closeSelector(): void {
    this.kernel.close();
  }
}
