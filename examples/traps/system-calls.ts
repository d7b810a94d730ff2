/** The system calls of `os.ts`: each is a subclass of Trap with one method. */

import { EVENT_READ, EVENT_WRITE, type FileObject } from 'selectloop/selectors';

import { type Program, type Scheduler, type Task, Trap } from './os.js';

/** Answers with the number of the task. */
export class GetTid extends Trap {
  handle(os: Scheduler, task: Task): void {
    os.resume(task, { value: task.id });
  }
}

/** Starts another task, and answers with its number. */
export class NewTask extends Trap {
  constructor(private readonly program: Program<unknown>) {
    super();
  }

  handle(os: Scheduler, task: Task): void {
    answerWith(os, task, () => os.spawn(this.program));
  }
}

/** Ends a task, which may be the caller itself. Its `finally` blocks run. Answers false if there is no such task. */
export class KillTask extends Trap {
  constructor(private readonly id: number) {
    super();
  }

  handle(os: Scheduler, task: Task): void {
    const target = os.task(this.id);
    if (target !== undefined) os.kill(target);
    if (target !== task) os.resume(task, { value: target !== undefined });
  }
}

/** Waits until a task has ended. Answers with its return value, or throws its error in the caller. */
export class WaitTask extends Trap {
  constructor(private readonly id: number) {
    super();
  }

  handle(os: Scheduler, task: Task): void {
    const target = os.task(this.id);
    if (target === undefined) {
      os.resume(task, os.outcomeOf(this.id)); // the target has already ended
    } else if (target === task) {
      os.resume(task, { error: new Error('a task cannot wait for itself') });
    } else {
      target.waiters.add(task);
      task.cancelWait = () => target.waiters.delete(task);
    }
  }
}

/** Waits until a descriptor is readable. */
export class ReadWait extends Trap {
  constructor(private readonly file: FileObject) {
    super();
  }

  handle(os: Scheduler, task: Task): void {
    waitOrFail(os, task, this.file, EVENT_READ);
  }
}

/** Waits until a descriptor is writable. */
export class WriteWait extends Trap {
  constructor(private readonly file: FileObject) {
    super();
  }

  handle(os: Scheduler, task: Task): void {
    waitOrFail(os, task, this.file, EVENT_WRITE);
  }
}

/** Suspends the caller for `delayMs`. */
export class Sleep extends Trap {
  constructor(private readonly delayMs: number) {
    super();
  }

  handle(os: Scheduler, task: Task): void {
    os.sleep(task, this.delayMs);
  }
}

/** The tasks that wait in ReceiveMessage, each with its system. */
const receivers = new WeakMap<Task, Scheduler>();

/** Puts a message into the mailbox of a task. Answers false if there is no such task. */
export class SendMessage extends Trap {
  constructor(
    private readonly id: number,
    private readonly message: unknown,
  ) {
    super();
  }

  handle(os: Scheduler, task: Task): void {
    const target = os.task(this.id);
    if (target !== undefined && receivers.delete(target)) os.resume(target, { value: this.message });
    else target?.mailbox.push(this.message);
    os.resume(task, { value: target !== undefined });
  }
}

/** Answers with the oldest message in the task's mailbox. Waits if the mailbox is empty. */
export class ReceiveMessage extends Trap {
  handle(os: Scheduler, task: Task): void {
    if (task.mailbox.length > 0) {
      os.resume(task, { value: task.mailbox.shift() });
      return;
    }
    receivers.set(task, os);
    task.cancelWait = () => receivers.delete(task);
  }
}

/** Answers with the result of `ask`. An error of `ask` is a mistake of the caller, and is thrown there. */
function answerWith(os: Scheduler, task: Task, ask: () => unknown): void {
  try {
    os.resume(task, { value: ask() });
  } catch (error) {
    os.resume(task, { error });
  }
}

function waitOrFail(os: Scheduler, task: Task, file: FileObject, event: number): void {
  try {
    os.waitFor(task, file, event);
  } catch (error) {
    os.resume(task, { error });
  }
}
