/** Breakpoints: conditions under which the loop is paused. Each is a test in a hook of the instrument that stops the loop. */

import type { ReadyDescriptor, TaskOutcome } from '../loop/instrument.js';
import type { Runnable } from '../loop/runnable.js';
import { Task } from '../tasks/index.js';
import type { Breakpoint } from './protocol.js';

const nameOf = (task: Runnable): string => (task instanceof Task ? task.getName() : task.toString());

/** The breakpoints that are set. Each method returns why the loop is to be paused; null if it is not. */
export class Breakpoints {
  constructor(private readonly all: readonly Breakpoint[] = []) {}

  /** Whether there is one. */
  get any(): boolean {
    return this.all.length > 0;
  }

  iteration(number: number): string | null {
    return this.hit((each) => each.on === 'iteration' && number === each.number && `iteration ${number}`);
  }

  queue(length: number): string | null {
    return this.hit((each) => each.on === 'queue' && length > each.longerThan && `${length} handles are ready`);
  }

  descriptor({ fd }: ReadyDescriptor): string | null {
    return this.hit((each) => each.on === 'ready' && (each.fd ?? fd) === fd && `fd ${fd} is ready`);
  }

  timer(): string | null {
    return this.hit((each) => each.on === 'timer' && 'a timer fires');
  }

  resumes(task: Runnable): string | null {
    if (!this.any) return null;
    const name = nameOf(task);
    return this.hit((each) => each.on === 'resumes' && (each.task ?? name) === name && `task ${name} resumes`);
  }

  done(task: Runnable, outcome: TaskOutcome): string | null {
    if (!this.any || outcome === 'returned') return null;
    const name = nameOf(task);
    const kind = outcome === 'failed' ? 'fails' : 'cancelled';
    return this.hit((each) => each.on === kind && (each.task ?? name) === name && `task ${name} is ${outcome}`);
  }

  throws(): string | null {
    return this.hit((each) => each.on === 'throws' && 'a handle has thrown');
  }

  ran(ms: number): string | null {
    return this.hit((each) => each.on === 'slow' && ms > each.ms && `a handle ran for ${ms.toFixed(1)} ms`);
  }

  private hit(test: (each: Breakpoint) => string | false): string | null {
    for (const each of this.all) {
      const reason = test(each);
      if (reason !== false) return reason;
    }
    return null;
  }
}
