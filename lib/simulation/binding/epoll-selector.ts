/** EpollSelector on the simulated kernel. The comment in native/core/selector_epoll.cc explains closed and duplicated descriptors. */

import { EEXIST, ENOENT } from '../kernel/errno.js';
import { Epoll } from '../kernel/epoll.js';
import type { OpenFile } from '../kernel/open-file.js';
import { POLLIN } from '../kernel/numbers.js';
import type { ReadyPairs } from './ready-pairs.js';
import { SimulatedSelector, maskFromPoll, pollFromMask } from './selector.js';

/** What the kernel returns with an event. An event of a former registration of the same number has another object. */
interface Registration {
  readonly fd: number;
  events: number;
}

export class SimulatedEpollSelector extends SimulatedSelector {
  private readonly registrations = new Map<number, Registration>();
  private epoll = new Epoll<Registration>();
  private epollFd = -1;
  /** An epoll that watches ours; made by the first `fileno`. */
  private shell: Epoll<null> | null = null;
  private shellFd = -1;
  private mustRebuild = false;

  override get hasReady(): boolean {
    return this.epoll.poll() !== 0;
  }

  protected override doOpen(): number {
    this.epollFd = this.kernel.descriptors.add(this.epoll);
    return Math.min(this.epollFd, 0);
  }

  protected override doRegister(fd: number, events: number): number {
    if (this.registrations.has(fd)) return -EEXIST;
    const registration = { fd, events };
    const file = this.fileOf(fd);
    let result = this.epoll.add(fd, file, pollFromMask(events), registration);
    // An orphan of an earlier registration is back at its number: its entry is used again.
    if (result === -EEXIST) result = this.epoll.modify(fd, file, pollFromMask(events), registration);
    if (result === 0) this.registrations.set(fd, registration);
    return result;
  }

  protected override doModify(fd: number, events: number): number {
    const registration = this.registrations.get(fd);
    if (registration === undefined) return -ENOENT;
    registration.events = events;
    const file = this.fileOf(fd);
    let result = this.epoll.modify(fd, file, pollFromMask(events), registration);
    if (result === -ENOENT) {
      // The number belongs to another file now; events of the old one must be recognised as stale.
      const fresh = { fd, events };
      this.registrations.set(fd, fresh);
      result = this.epoll.add(fd, file, pollFromMask(events), fresh);
    }
    if (result < 0) this.doUnregister(fd);
    return result;
  }

  protected override doUnregister(fd: number): number {
    if (!this.registrations.delete(fd)) return -ENOENT;
    this.epoll.delete(fd, this.fileOf(fd));
    return 0;
  }

  protected override doSelect(untilNs: number | null, ready: ReadyPairs): number {
    for (;;) {
      this.kernel.waitForFiles(() => this.epoll.poll() !== 0, untilNs);
      const events = this.epoll.collect(ready.room);
      for (const event of events) {
        const { fd } = event.data;
        const registration = this.registrations.get(fd);
        if (registration === event.data) ready.add(fd, maskFromPoll(event.events, registration.events));
        else if (registration !== undefined || this.epoll.delete(fd, this.fileOf(fd)) < 0) this.mustRebuild = true;
      }
      if (this.mustRebuild) {
        const result = this.rebuild();
        if (result < 0 && ready.count === 0) return result;
      }
      if (ready.count > 0 || events.length === 0) return ready.count;
    }
  }

  protected override doFileno(): number {
    if (this.shell !== null) return this.shellFd;
    const shell = new Epoll<null>();
    const fd = this.kernel.descriptors.add(shell);
    if (fd < 0) return fd;
    shell.add(this.epollFd, this.epoll, POLLIN, null);
    this.shell = shell;
    this.shellFd = fd;
    return fd;
  }

  protected override doClose(): void {
    this.registrations.clear();
    if (this.shell !== null) this.kernel.descriptors.close(this.shellFd);
    this.kernel.descriptors.close(this.epollFd);
  }

  /** Replaces the list by one without orphans, under the same number. */
  private rebuild(): number {
    const fresh = new Epoll<Registration>();
    const temporary = this.kernel.descriptors.add(fresh);
    if (temporary < 0) return temporary;
    for (const registration of this.registrations.values()) {
      fresh.add(registration.fd, this.fileOf(registration.fd), pollFromMask(registration.events), registration);
    }
    this.shell?.add(temporary, fresh, POLLIN, null);
    this.kernel.descriptors.replace(this.epollFd, fresh);
    this.kernel.descriptors.close(temporary);
    this.epoll = fresh;
    this.mustRebuild = false;
    return 0;
  }

  private fileOf(fd: number): OpenFile | null {
    return this.kernel.descriptors.get(fd);
  }
}
